// SPDX-License-Identifier: Apache-2.0
// Tables that sort, and folded parts that open for the printer. The page is whole without it.
"use strict";
(function () {
	const say = document.getElementById("say");

	function value(row, column) {
		const cell = row.cells[column];
		if (cell.classList.contains("nil"))
			return null;
		return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v;
	}

	function sort(table, column, number, down) {
		const body = table.tBodies[0];
		const rows = Array.from(body.rows, (row, at) => ({ row, at, v: value(row, column) }));
		rows.sort((a, b) => {
			// What is unknown comes last, whichever way.
			if (a.v === null || b.v === null)
				return (a.v === null) - (b.v === null) || a.at - b.at;
			const order = number ? a.v - b.v : a.v < b.v ? -1 : a.v > b.v ? 1 : 0;
			return (down ? -order : order) || a.at - b.at;
		});
		for (const { row } of rows)
			body.append(row);
	}

	function press(table, head, number) {
		const was = head.getAttribute("aria-sort");
		// The largest figure is what people look for first.
		const down = was ? was === "ascending" : number;
		for (const other of head.parentNode.cells)
			other.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		sort(table, head.cellIndex, number, down);
		say.textContent = "Sorted by " + head.textContent + (down ? ", descending" : ", ascending");
	}

	for (const table of document.querySelectorAll("table")) {
		if (table.tBodies[0].rows.length < 2)
			continue;
		for (const head of table.tHead.rows[0].cells) {
			const button = document.createElement("button");
			button.type = "button";
			button.append(...head.childNodes);
			head.append(button);
			button.addEventListener("click", () => press(table, head, head.classList.contains("num")));
		}
	}

	let opened = [];
	addEventListener("beforeprint", () => {
		opened = Array.from(document.querySelectorAll("details:not([open])"));
		for (const part of opened)
			part.open = true;
	});
	addEventListener("afterprint", () => {
		for (const part of opened)
			part.open = false;
	});
})();
