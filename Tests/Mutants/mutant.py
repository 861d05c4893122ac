"""A mutant: one small bug in the kernel's RDMA code, in a file of its own, as edits by anchor.

    What is broken, in a sentence.
    killed by: names of checks          run first; the whole suite follows if none of them notices
    boot: options of scripts/rxe-vm     what these checks need, such as --cpus 2
    only: 6.1, 6.12                     kernels whose source has the place, if not all do
    equivalent: why                     nothing can tell it from the original; it is not counted

    @@ core/umem.c ib_umem_get          a file below drivers/infiniband, and a function in it
     a line that stays
    -a line that goes
    +a line that comes

The lines that stay or go must be in the function, one after the other, exactly once; indentation does not count. A second
`@@` is another way to say the same for a kernel whose source differs, and `@@ and` a further edit of the same way.
"""
import pathlib
import re


class Moved(Exception):
    """No way of the mutant fits the source."""


def squeezed(line):
    return re.sub(r"\s+", " ", line).strip()


class Edit:
    def __init__(self, path, function):
        self.path, self.function = path, function
        self.old, self.new = [], []

    def add(self, line):
        kind, text = line[:1], line[1:]
        if kind in (" ", "-", ""):
            self.old.append(squeezed(text))
        if kind in (" ", "+", ""):
            self.new.append((kind == "+", text))

    def applied(self, text):
        """The text with the edit; Moved if its anchor is not there exactly once."""
        lines = text.split("\n")
        first, last = self.scope(lines)
        seen = [squeezed(line) for line in lines]
        count = len(self.old)
        places = [at for at in range(first, last - count + 1) if seen[at:at + count] == self.old]
        if len(places) != 1:
            raise Moved(f"{self.path}: {len(places)} places for '{self.old[0]}'")
        at, kept, result = places[0], iter(lines[places[0]:places[0] + count]), []
        for is_new, added in self.new:
            if is_new:
                result.append(added)
                continue
            # The source's own line, and not those that go before it.
            for line in kept:
                if squeezed(line) == squeezed(added):
                    result.append(line)
                    break
        return "\n".join(lines[:at] + result + lines[at + count:])

    def scope(self, lines):
        if not self.function:
            return 0, len(lines)
        name = re.compile(rf"(^|[\s*]){re.escape(self.function)}\(")
        for first, line in enumerate(lines):
            if line[:1] in ("", " ", "\t", "#", "/") or not name.search(line):
                continue
            # A definition has its body before any line that ends a declaration.
            for last in range(first, len(lines)):
                if lines[last] == "}":
                    return first, last + 1
                if last < first + 8 and lines[last].rstrip().endswith(";") and "{" not in "".join(lines[first:last]):
                    break
        raise Moved(f"{self.path}: no function {self.function}")


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = f"{path.parent.name}/{path.stem}"
        self.fields = {"killed by": "", "boot": "", "only": "", "equivalent": ""}
        self.ways = []
        self.sentence = ""
        for line in path.read_text().splitlines():
            if line.startswith("@@ "):
                words = line.split()[1:]
                further = words[0] == "and"
                edit = Edit(*(words[1:] if further else words), *([] if len(words) - further > 1 else [None]))
                if further:
                    self.ways[-1].append(edit)
                else:
                    self.ways.append([edit])
            elif self.ways:
                self.ways[-1][-1].add(line)
            elif ": " in line and line.split(": ")[0] in self.fields:
                name, value = line.split(": ", 1)
                self.fields[name] = value
            elif line:
                self.sentence = f"{self.sentence} {line}".strip()
        if not self.ways or not self.sentence.endswith("."):
            raise SystemExit(f"{path}: needs a sentence and an edit")

    @property
    def driver(self):
        return "siw" if self.path.parent.name == "siw" else "rxe"

    @property
    def checks(self):
        return self.fields["killed by"].replace(",", " ").split()

    @property
    def boot(self):
        return self.fields["boot"].split()

    def is_for(self, release):
        only = self.fields["only"].replace(",", " ").split()
        return not only or any(release.startswith(f"{version}.") for version in only)

    def texts(self, source):
        """The changed files below source, which stays as it is, by the first way that fits."""
        reasons = []
        for way in self.ways:
            texts = {}
            try:
                for edit in way:
                    before = texts.get(edit.path)
                    if before is None:
                        file = source / edit.path
                        if not file.exists():
                            raise Moved(f"no {edit.path}")
                        before = file.read_text()
                    texts[edit.path] = edit.applied(before)
                return texts
            except Moved as moved:
                reasons.append(str(moved))
        raise Moved("; ".join(reasons))


def all_mutants(pattern=None):
    place = pathlib.Path(__file__).parent
    found = [Mutant(path) for path in sorted(place.glob("*/*.mutant"))]
    return [each for each in found if not pattern or re.search(pattern, each.name)]
