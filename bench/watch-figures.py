"""The load and the measuring of bench/watch-figures. Programs run in the namespaces by nsenter; this one stays outside."""
import json, os, re, signal, subprocess, sys, tempfile, time

halfopen, machine, internet, seconds, rate, held = sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7])

SERVER = """
import socket, struct, selectors
ready = selectors.DefaultSelector()
for port in (80, 82):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", port)); s.listen(4096); s.setblocking(False)
    ready.register(s, selectors.EVENT_READ, port)
kept = []
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        try:
            while True:
                c, _ = key.fileobj.accept()
                if key.data == 80: kept.append(c)
                else: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close()
        except BlockingIOError: pass
"""
HOLDER = """
import socket, sys, time
kept = []
for n in range(int(sys.argv[1])):
    s = socket.socket(); s.connect(("30.0.%d.%d" % (n // 250 % 250, 1 + n % 250), 80)); kept.append(s)
print("ready", flush=True)
time.sleep(3600)
"""
# Half are answered and closed at once, half are refused: each lives about as long as a way there and back.
LOAD = """
import socket, struct, sys, time
rate, seconds = int(sys.argv[1]), float(sys.argv[2])
begin = time.monotonic(); made = 0; lives = []
while (now := time.monotonic()) - begin < seconds:
    while made < (now - begin) * rate:
        s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        t = time.monotonic()
        try: s.connect(("30.1.%d.%d" % (made % 4, 1 + made % 200), 82 if made % 2 else 83))
        except ConnectionError: pass
        s.close(); lives.append(time.monotonic() - t); made += 1
    time.sleep(0.002)
lives.sort()
print(made, lives[len(lives) // 2] * 1e3, lives[len(lives) * 99 // 100] * 1e3, flush=True)
"""
# As people look: every tenth of a second, whatever is there to these ports is remembered.
SS = """
import subprocess, sys, time
seen = set(); end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    for line in subprocess.run(["ss", "-Htanpo", "( dport = :82 or dport = :83 )"], capture_output=True, text=True).stdout.splitlines():
        seen.add(line.split()[3])
    time.sleep(0.1)
print(len(seen), flush=True)
"""

def inside(namespace, *command, **more):
    return subprocess.Popen(["nsenter", "--net=" + namespace, *command], text=True, **more)

def python(namespace, code, *arguments):
    return inside(namespace, sys.executable, "-c", code, *map(str, arguments), stdout=subprocess.PIPE)

def processor(pid):
    """Seconds of processor time of a process and of its children that ended."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

def memory(pid):
    text = open(f"/proc/{pid}/status").read()
    return [int(re.search(name + r":\s+(\d+)", text)[1]) / 1024 for name in ("VmRSS", "VmHWM")]

WARM = 10

def load(length=None):
    return python(machine, LOAD, rate, length or seconds)

def child(pid):
    return int(subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()[0])

def row(name, cpu, rss, seen, made):
    share = "-" if seen is None else f"{100 * seen / made:.1f} %"
    print(f"| {name} | {100 * cpu / seconds:.2f} % | {rss} | {share} |", flush=True)

def measure(name, arguments, screen=False):
    out = tempfile.TemporaryFile()
    if screen:
        command = ["script", "-qefc", f"stty cols 120 rows 40; exec {halfopen} watch {arguments}", "/dev/null"]
    else:
        command = [halfopen, "watch", "--json", *arguments.split()]
    p = inside(machine, *command, stdout=out, stdin=subprocess.PIPE, env={**os.environ, "TERM": "xterm"})
    time.sleep(4)  # it starts
    load(WARM).communicate()  # and is compiled while it works
    pid = child(p.pid) if screen else p.pid
    before, work = processor(pid), load()
    made, median, late = work.communicate()[0].split()
    made = int(made) + WARM * rate
    cpu = processor(pid) - before
    rss, most = memory(pid)
    time.sleep(1.5)
    os.kill(pid, signal.SIGINT)
    p.wait()
    seen = None
    if not screen:
        out.seek(0)
        last = json.loads(out.read().splitlines()[-1])
        seen = sum(d["attempts"] for d in last["programs"] if d["name"].startswith("python")) + (last["others"] or {}).get("attempts", 0)
    row(name, cpu, f"{rss:.0f} MiB, at most {most:.0f}", seen, made)
    return median, late

server = python(internet, SERVER); server.stdout.readline()
holder = python(machine, HOLDER, held); holder.stdout.readline()
try:
    print(f"{rate} attempts a second for {seconds} s (after {WARM} s of the same) beside {held} open sockets, "
          f"kernel {os.uname().release}\n")
    print("| Watcher | processor, of one core | memory | short attempts seen |\n|---|---|---|---|")
    median, late = measure("`watch --json` (events)", "--every 1s")
    measure("`watch` on a terminal (events)", "--every 1s", screen=True)
    measure("`watch --json --sample`", "--every 1s --sample")
    looking = python(machine, SS, seconds + 1)
    before, work = processor(looking.pid), load()
    time.sleep(seconds - 1)
    cpu = processor(looking.pid) - before
    made = int(work.communicate()[0].split()[0])
    row("`ss -tanpo` every 0.1 s", cpu, "-", int(looking.communicate()[0]), made)
    print(f"\nAn attempt lives {float(median):.2f} ms (median), {float(late):.2f} ms (99 of 100).")
finally:
    for p in (holder, server):
        p.terminate(); p.wait()
