// SPDX-License-Identifier: Apache-2.0
// Run inside a report by tests/compare/html: what a reader would see of it that is wrong.
(() => {
	const problems = [];
	const seen = (node) => node.getClientRects().length > 0;
	const name = (node) => (node.textContent || "").trim().slice(0, 40);

	for (const part of document.querySelectorAll("details"))
		part.open = true;
	if (document.documentElement.scrollWidth > innerWidth)
		problems.push(`the page is ${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`);
	for (const node of document.querySelectorAll("body *")) {
		const box = node.getBoundingClientRect();
		if (seen(node) && !node.closest(".scroll, svg, .skip, .say") && box.right > innerWidth + 0.5)
			problems.push(`<${node.localName}> ${name(node)} ends at ${box.right}`);
	}

	let plots = 0;
	for (const plot of document.querySelectorAll("svg.plot")) {
		if (!seen(plot))
			continue;
		plots++;
		const frame = plot.getBoundingClientRect();
		const boxes = Array.from(plot.querySelectorAll("text"), (t) => [t.getBoundingClientRect(), t]);
		for (let i = 0; i < boxes.length; i++) {
			const [a, text] = boxes[i];
			if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
				problems.push(`"${name(text)}" leaves its chart by ${[frame.left - a.left, a.right - frame.right]}`);
			for (let k = i + 1; k < boxes.length; k++) {
				const b = boxes[k][0];
				if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
				    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
					problems.push(`"${name(text)}" overlaps "${name(boxes[k][1])}"`);
			}
			const size = parseFloat(getComputedStyle(text).fontSize) * frame.width / plot.viewBox.baseVal.width;
			if (size < 10.5)
				problems.push(`"${name(text)}" is ${size} px high`);
		}
	}

	// WCAG's contrast: of text to what is behind it, of series to the page.
	const parse = (color) => (color.match(/[\d.]+/g) || []).map(Number);
	const light = (rgb) => {
		const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (a, b) => {
		const [x, y] = [light(a.slice(0, 3)), light(b.slice(0, 3))];
		return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
	};
	const behind = (node) => {
		for (; node; node = node.parentElement) {
			const back = parse(getComputedStyle(node).backgroundColor);
			if (back.length === 3 || back[3] === 1)
				return back;
		}
		return [255, 255, 255];
	};
	let least = 99;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const done = new Set();
	while (walk.nextNode()) {
		const node = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || done.has(node) || !seen(node) || node.closest("script, style"))
			continue;
		done.add(node);
		const style = getComputedStyle(node);
		const ratio = contrast(parse(node.namespaceURI.endsWith("svg") ? style.fill : style.color), behind(node));
		least = Math.min(least, ratio);
		if (ratio < 4.5)
			problems.push(`"${name(node)}" has a contrast of ${ratio.toFixed(2)}`);
	}
	const page = behind(document.body);
	for (let i = 0; i < 8; i++) {
		const probe = document.createElement("span");
		probe.className = "c" + i;
		document.body.append(probe);
		const color = getComputedStyle(probe).getPropertyValue("--c").trim();
		probe.style.color = color;
		const ratio = contrast(parse(getComputedStyle(probe).color), page);
		probe.remove();
		least = Math.min(least, ratio);
		if (!(ratio >= 4.5))
			problems.push(`series ${i} (${color}) has a contrast of ${ratio.toFixed(2)}`);
	}
	return { problems, plots, least };
})()
