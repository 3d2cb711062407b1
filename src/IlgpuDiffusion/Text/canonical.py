"""Writes canonical.txt: the canonical decompositions and combining classes of the Unicode Character Database that Python carries."""
import unicodedata as u

lines = [f"# Unicode Character Database {u.unidata_version}; written by canonical.py", "# code=first second (one step; * marks what is never composed again), then first-last:combining class; hexadecimal but for the class"]
for c in map(chr, range(0x110000)):
    parts = u.decomposition(c).split()
    if parts and not parts[0].startswith("<"):
        mark = "" if u.normalize("NFC", c) == c and len(parts) == 2 else "*"
        lines.append(f"{ord(c):X}{mark}=" + " ".join(p.lstrip("0") for p in parts))
first = last = kind = 0
for c in range(0x110001):
    now = u.combining(chr(c)) if c < 0x110000 else 0
    if now != kind:
        if kind:
            lines.append(f"{first:X}-{c - 1:X}:{kind}")
        first, kind = c, now
with open(__file__.replace(".py", ".txt"), "w", newline="\n") as f:
    f.write("\n".join(lines) + "\n")
