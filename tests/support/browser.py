# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over its DevTools socket; it reaches nothing but files."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request

import websocket


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp()
        self.process = subprocess.Popen(
            [shutil.which("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * 0.0.0.0",
             "--remote-debugging-port=0", "--remote-allow-origins=*", "--user-data-dir=" + self.folder, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.events = []
        self.number = 0
        self.socket = websocket.create_connection(self.address(), timeout=60)
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")

    def address(self):
        port_file = os.path.join(self.folder, "DevToolsActivePort")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                with open(port_file, encoding="ascii") as f:
                    port = f.read().split()[0]
                with urllib.request.urlopen("http://127.0.0.1:%s/json" % port, timeout=10) as answer:
                    for target in json.load(answer):
                        if target["type"] == "page":
                            return target["webSocketDebuggerUrl"]
            except (OSError, IndexError, ValueError):
                pass
            time.sleep(0.1)
        raise RuntimeError("chromium does not answer")

    def call(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"])[:500])
        return result["result"].get("value")

    def open(self, path, width=1280, dark=False, script=True):
        """Loads the file; self.events are those since then."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        self.events = []
        self.call("Page.navigate", url="file://" + path)
        # The socket's own time limit ends this if the page never loads.
        while not any(e["method"] == "Page.loadEventFired" for e in self.events):
            message = json.loads(self.socket.recv())
            if "method" in message:
                self.events.append(message)

    def trouble(self, path):
        """Requests that are not the file itself, messages of the console, exceptions."""
        found = []
        for event in self.events:
            method, params = event["method"], event["params"]
            if method == "Network.requestWillBeSent" and params["request"]["url"].split("#")[0] != "file://" + path:
                found.append("a request: " + params["request"]["url"][:200])
            elif method == "Log.entryAdded":
                found.append("%(source)s %(level)s: %(text)s" % params["entry"])
            elif method == "Runtime.consoleAPICalled":
                found.append("console: %s" % params["args"])
            elif method == "Runtime.exceptionThrown":
                found.append("exception: %s" % params["exceptionDetails"].get("text"))
        return found

    def press(self, key, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text if kind == "keyDown" else "",
                      windowsVirtualKeyCode={"Enter": 13, "Tab": 9}[key])

    def picture(self, path, height=12000):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], height), "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))

    def pdf(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
