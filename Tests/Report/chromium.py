"""Headless Chromium by its debugging pipe: what a page measures in a window of a width, and how it looks."""
import base64
import json
import os
import subprocess


class Chromium:
    """One page in one browser. Messages are JSON, each ended by a zero, on descriptors 3 and 4 of the browser."""

    def __init__(self, *options):
        (theirs_in, self.commands), (self.answers, theirs_out) = os.pipe(), os.pipe()
        # A child's descriptors 3 and 4 may be taken by what is passed: the shell puts them in their places.
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", "chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--hide-scrollbars", "--remote-debugging-pipe", *options, "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest, self.count, self.session = b"", 0, None
        target = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        self.call("Page.enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise RuntimeError(f"Chromium has ended with {self.process.wait()}")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.count:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, url, width, height, scheme):
        """Shows the page in a window of this size, in a scheme of colours; returns when it has loaded."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=url)
        while self.read().get("method") != "Page.loadEventFired":
            pass

    def value(self, expression):
        """What a script would see; the page's own policy forbids it only to the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['text']}")
        return result["result"].get("value")

    def used(self, kind):
        """How the elements of a class look in what `use` shows: fill and stroke of each, with the class."""
        found = []

        def look(node, is_used):
            attributes = dict(zip(*[iter(node.get("attributes", []))] * 2))
            if is_used and kind in attributes.get("class", "").split():
                style = self.call("CSS.getComputedStyleForNode", nodeId=node["nodeId"])["computedStyle"]
                values = {each["name"]: each["value"] for each in style}
                found.append((values["fill"], values["stroke"], attributes["class"]))
            for each in node.get("children", []):
                look(each, is_used)
            for each in node.get("shadowRoots", []):
                look(each, is_used or node["localName"] == "use")

        for domain in ("DOM", "CSS"):
            self.call(f"{domain}.enable")
        look(self.call("DOM.getDocument", depth=-1, pierce=True)["root"], False)
        return found

    def picture(self, path):
        """Keeps what the window shows."""
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])
        with open(path, "wb") as file:
            file.write(data)
        return data

    def close(self):
        os.close(self.commands)
        os.close(self.answers)
        self.process.wait(timeout=30)
