# Sourced by Tests/Slurm/run: a Slurm cluster of three nodes on the loopback address, below the directory $work.
# shellcheck shell=bash disable=SC2154 # the caller sets work, memreg, limits and users

free_ports() {
  python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in sockets:
    each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))
PYTHON
}

configure() {
  local ports options=NoAddrCache
  # Slurm listens on the address that the host's name has, or else on all. Only where that is where the others look for
  # it can it be kept to the loopback address; credentials are good for this cluster alone in either case.
  if [[ $(getent ahostsv4 "$(hostname)" | awk '{ print $1; exit }') == 127.0.0.1 ]]; then
    options+=,NoCtldInAddrAny,NoInAddrAny
  fi
  mkdir "$work"/{bin,etc,state,spool,munge,shared}
  chmod 755 "$work" "$work"/{bin,etc,munge}
  chmod 1777 "$work/shared"
  # Where neither an unprivileged job nor slurmd needs the way to this clone.
  cp "$memreg" "$work/bin/memreg"
  cp "$here"/../../Examples/slurm/{health-check,prolog,task-prolog} "$work/etc/"
  sed -e "s/^NEED=.*/NEED=$need/" -e "s|PATH=|PATH=$work/bin:|" "$here/../../Examples/slurm/memreg.conf" >"$work/etc/memreg.conf"
  echo "export SLURM_CONF=$SLURM_CONF" >>"$work/etc/memreg.conf"
  sed -e "s|/etc/slurm/memreg|$work/etc|" -e 's/^HealthCheckInterval=.*/HealthCheckInterval=2/' \
    "$here/../../Examples/slurm/slurm.conf" >"$work/memreg-slurm.conf"
  read -ra ports < <(free_ports 4)
  cat >"$SLURM_CONF" <<CONF
ClusterName=memreg
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${ports[0]}
CommunicationParameters=$options
SlurmUser=$(id -un)
SlurmdUser=$slurmd_user
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
CredType=cred/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/%n.log
SlurmdDebug=debug
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=nohold_on_prolog_fail
ReturnToService=2
KillWait=5
MessageTimeout=20
Include $work/memreg-slurm.conf
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=2
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=2
NodeName=n3 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${ports[3]} CPUs=2
PartitionName=all Nodes=n1,n2,n3 Default=YES MaxTime=10 State=UP
CONF
  # From 23.11 on slurmd takes control groups for itself, whatever the plugins are.
  if printf '23.11\n%s\n' "$(slurmd -V | awk '{ print $2 }')" | sort -CV; then
    echo CgroupPlugin=disabled >"$work/cgroup.conf"
  fi
}

start_cluster() {
  local node limit
  head -c 128 /dev/urandom >"$work/munge.key"
  chmod 400 "$work/munge.key"
  setsid munged --foreground --socket="$work/munge/socket" --key-file="$work/munge.key" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munged.seed" >"$work/munged.out" 2>&1 &
  within 20 test -S "$work/munge/socket" || return
  setsid slurmctld -D -c >"$work/slurmctld.out" 2>&1 &
  within 30 scontrol ping >/dev/null 2>&1 || return
  for node in n1 n2 n3; do
    limit=$large
    [[ $node == n3 ]] && limit=$small
    setsid "${privileged[@]}" env SLURM_CONF="$SLURM_CONF" prlimit --memlock="$limit:$large" \
      slurmd -D -N "$node" >"$work/$node.out" 2>&1 &
  done
  # Or the shell would report their end.
  disown -a
  within 60 states idle idle drained
}

# Whether n1, n2 and n3 are in these states, as `sinfo --format=%T` writes them.
states() {
  [[ $(sinfo --noheader --Node --format='%T' 2>/dev/null | xargs) == "$*" ]]
}

reason() { scontrol --oneliner show node "$1" | sed -n 's/.* Reason=//p'; }

# Sets the memlock limit of a node's slurmd, as a restart of its unit with another LimitMEMLOCK would.
limit_node() {
  "${privileged[@]}" prlimit --pid "$(cat "$work/$1.pid")" --memlock="$2:"
}

# All three nodes fit and idle, whatever the test before has left.
ready() {
  local node
  sed -i -e "s/^NEED=.*/NEED=$need/" -e 's/^TASK_PROLOG=.*/TASK_PROLOG=refuse/' "$work/etc/memreg.conf"
  health_checks 2
  for node in n1 n2 n3; do limit_node "$node" "$large"; done
  within 60 states idle idle idle
}

# How often slurmctld has them run: each SECONDS, or never by 0.
health_checks() {
  grep -q "^HealthCheckInterval=$1$" "$work/memreg-slurm.conf" && return
  sed -i "s/^HealthCheckInterval=.*/HealthCheckInterval=$1/" "$work/memreg-slurm.conf"
  scontrol reconfigure
}

# The processes that were started for this cluster, by what they have from it in their environment.
processes() (
  mark=SLURM_CONF=$SLURM_CONF
  # Or these would find themselves.
  unset SLURM_CONF
  "${privileged[@]}" grep -lsFxz "$mark" /proc/[0-9]*/environ | cut -d / -f 3
)

no_processes() {
  local left
  left=$(processes)
  [[ -z $left ]] || { xargs ps --format=pid,args --pid <<<"$left"; return 1; }
}

# The processes of a job that run memreg.
memreg_of_job() {
  local pid
  for pid in $(processes); do
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) == memreg ]] &&
      "${privileged[@]}" grep -qsFxz "SLURM_JOB_ID=$1" "/proc/$pid/environ" && echo "$pid"
  done
}

# Asks the daemons of these files to end, and waits for it.
end_of() {
  local file pid
  for file in "$@"; do
    pid=$(cat "$file" 2>/dev/null) && "${privileged[@]}" kill "$pid" 2>/dev/null && within 15 test ! -e "/proc/$pid" >/dev/null
  done
}

stop_cluster() {
  local pid
  trap '' INT TERM
  if [[ -d $work/state ]]; then
    [[ $failed -eq 0 ]] || tail -n 15 "$work"/{slurmctld,n?}.out >&2
    [[ ! -e $work/slurmctld.pid ]] || timeout 20 scancel --partition=all 2>/dev/null
    end_of "$work"/n?.pid
    end_of "$work"/slurmctld.pid
    end_of "$work"/munged.pid
    for pid in $(processes); do "${privileged[@]}" kill -KILL "$pid" 2>/dev/null; done
  fi
  "${privileged[@]}" rm -rf "$work"
}
