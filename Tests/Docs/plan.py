"""What Tests/Docs/run must know of blocks that do not run alone as they are: peers, limits, names of other machines."""
from dataclasses import dataclass, field

NEWEST = ("--kernel", "newest", "--memory", "3G", "--hugepages", "64")
STABLE = ("--kernel", "stable", "--memory", "2G")


@dataclass
class Step:
    before: str = ""                               # run first, in the block's directory
    instead: dict = field(default_factory=dict)    # text of the page and what stands for it here
    status: dict = field(default_factory=dict)     # of the commands by number that do not end with 0
    stopped: set = field(default_factory=set)      # commands that run until a signal ends them
    differs: set = field(default_factory=set)      # commands whose output is about another machine or state
    machine: tuple = NEWEST
    here: bool = False                             # on this machine
    slurm: bool = False                            # under the Slurm of Tests/Slurm/run, which calls this
    seconds: int = 600                             # after which it hangs
    by: str = ""                                   # the test that runs it, as it needs a system of its own
    proof: tuple = ()                              # text that this test has


# A memlock limit that binds, set by train.sh under a shell with another, as the pages' examples have it.
LOW_LIMIT = r"""
cat >train.sh <<'SCRIPT'
#!/bin/sh
ulimit -l 65536
"$@"
exit $?
SCRIPT
chmod -R a+rx . && chmod a+x train.sh
memreg() {
  sh -c 'ulimit -Hl unlimited; ulimit -Sl 8192; setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock --reuid nobody --regid nogroup --clear-groups ./train.sh "$@"; exit $?' sh "$(command -v memreg)" "$@"
}
"""
HOLD = "memreg register -d rxe0 --size 1M --count 4 --hold >held &\nsleep 5\n"

SLURM = "Tests/Slurm/run"
ANSWERS = "Tests/IntegrationTests/AnswerPageTests.swift"

PLAN = {
    "README.md memreg explain --size 128M": Step(before=LOW_LIMIT, status={0: 1}),
    "README.md make deb && sudo apt install ./.build/deb/*.deb": Step(
        # Built here, installed in a clean system by that test and nowhere else.
        instead={"sudo apt install": "true", "scp ": "true "}),
    "Examples/slurm/README.md install -d /etc/slurm/memreg": Step(
        before="cp -r $TOP/Examples/slurm/. . && mkdir -p bin && printf '#!/bin/sh\n' >bin/systemctl && chmod +x bin/systemctl",
        instead={"/etc/slurm/memreg": "etc/slurm/memreg", "systemctl": "bin/systemctl"}),
    "docs/answers/bad-address.md memreg explain --pid $$ --address 0x1000 --length 4K": Step(by=ANSWERS, proof=("bad-address",)),
    "docs/answers/cannot-allocate-memory.md ulimit -l 1024; memreg explain --size 128M": Step(
        by=ANSWERS, proof=("cannot-allocate-memory",)),
    "docs/answers/eagain.md mkdir /sys/fs/cgroup/job; echo 'rxe0 hca_object=1' >/sys/fs/cgroup/job/rdma.max": Step(
        by=ANSWERS, proof=("eagain",)),
    "docs/answers/kubernetes.md memreg limits --need 1GiB": Step(by=ANSWERS, proof=("kubernetes",)),
    "docs/answers/slurm.md srun memreg limits --need 4MiB": Step(
        by=SLURM, proof=("4 MiB do not fit: the memlock limit (RLIMIT_MEMLOCK) is 1 MiB, nothing is pinned yet",)),
    "docs/answers/unlimited-and-still-enomem.md ulimit -l unlimited; mkdir /sys/fs/cgroup/job; echo 64M >/sys/fs/cgroup/job/memory.max": Step(
        by=ANSWERS, proof=("unlimited-and-still-enomem",)),
    "docs/cache.md memreg cache --pattern ring --uses 20000": Step(here=True),
    "docs/clusters.md mkdir results": Step(slurm=True, differs={2}),
    "docs/clusters.md srun memreg limits": Step(slurm=True),
    "docs/clusters.md sinfo --list-reasons --format='%N %E'": Step(by=SLURM, proof=("sinfo",)),
    "docs/clusters.md srun ./train": Step(by=SLURM, proof=("Job prolog failed",)),
    "docs/clusters.md srun --propagate=MEMLOCK ./train": Step(by=SLURM, proof=("--propagate=MEMLOCK",)),
    "docs/clusters.md kubectl logs rdma-job --container can-pin": Step(
        by=SLURM, proof=("set by: the container runtime of Kubernetes",)),
    "docs/drivers.md sudo memreg check -d mlx5_0": Step(
        before="""
module=$("$TOP/scripts/vm/driver" "$("$TOP/scripts/vm/kernel" stable)" siw)
mkdir my && cp "$module" my_driver.ko
cp "$(find ~/.cache/memreg/vm -name rdma_rxe.ko -path "*$(basename "$("$TOP/scripts/vm/kernel" stable)")*" | head -1)" my/rdma_rxe.ko
""",
        instead={
            "sudo memreg check -d mlx5_0": "scripts/rxe-vm memreg check -d rxe0",
            "PATH/TO/vmlinuz": '"$("$TOP/scripts/vm/kernel" stable)"',
            "rdma link add ...": "rdma link add siw0 type siw netdev lo",
        },
        seconds=900),
    "docs/drivers.md scripts/rxe-vm --module rdma_rxe.ko memreg check data": Step(
        by="Tests/Mutants/rxe/key-not-compared.mutant", proof=("data.wrong-key",)),
    "docs/drivers.md memreg check --format junit > memreg.xml": Step(differs={1}),
    "docs/examples.md memreg explain --errno EFAULT --pid $$ --address 0x1000 --length 4K": Step(status={0: 1}),
    "docs/examples.md memreg serve --listen 10.9.0.1 --once": Step(
        before="(sleep 4; memreg verify 10.9.0.1 --size 64K >/dev/null) &"),
    "docs/examples.md memreg verify 10.9.0.1 --size 64K": Step(
        before="memreg serve --listen 10.9.0.1 --once >served &\nsleep 4"),
    "docs/explain.md memreg explain --size 128M": Step(before=LOW_LIMIT, status={0: 1, 1: 1}),
    "docs/explain.md memreg explain -- sh -c 'ulimit -l 8; exec ./train'": Step(
        by="Tests/IntegrationTests/ExplainProgramTests.swift", proof=("3 registrations by 1 process, 1 failed",)),
    "docs/export.md memreg export --listen 127.0.0.1:9953": Step(
        before="mkdir -p /var/lib/node_exporter", stopped={0, 1}),

    "docs/fuzz.md memreg fuzz --seed 9": Step(machine=STABLE, status={0: 1}),
    "docs/holders.md memreg holders rxe0": Step(before=HOLD),
    "docs/limits.md memreg limits": Step(before=LOW_LIMIT),
    "docs/limits.md memreg limits --probe | tail -1": Step(before=LOW_LIMIT),
    "docs/report.md mkdir results": Step(
        slurm=True, instead={"memreg bench": "memreg bench --strategy io_uring --sizes 4K"}),
    "docs/top.md memreg top --once": Step(before=HOLD),
    "docs/trace.md memreg trace -- .build/debug/RegistrationCauses": Step(instead={".build": "$TOP/.build"}),
    "docs/verify.md memreg serve --listen 10.8.0.2": Step(
        before="(sleep 4; memreg verify 10.9.0.1 --size 64K >/dev/null) &",
        instead={"10.8.0.2": "10.9.0.1 --once"}),
    "docs/verify.md memreg verify 10.8.0.2 --size 64K": Step(
        before="memreg serve --listen 10.9.0.1 --once >served &\nsleep 4", instead={"10.8.0.2": "10.9.0.1"}),
}
