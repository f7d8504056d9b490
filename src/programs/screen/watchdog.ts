import { spawn, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/**
 * What stands by the terminal while kvmtop holds it: a shell that waits for kvmtop's beats. Nothing inside the process could:
 * a main thread that the kernel does not let go on sees neither keys nor signals, and another thread costs 17 MB.
 *
 * - kvmtop ended without giving the terminal back (SIGKILL, a crash of Node): it does so.
 * - kvmtop has stood still in the kernel for 15 s (a file or a disk that does not answer), and somebody asks for its end, by a
 *   key (q, Ctrl-C) or by a signal that is still pending: it ends kvmtop by SIGKILL, gives the terminal back, and says so.
 *
 * Who only waits is never ended: unless asked, not where the thread was given the processor meanwhile (a busy machine, a
 * long computation), and not while it is stopped (Ctrl-Z, a debugger). No beat comes while the machine sleeps, but no time
 * passes for the shell's looks either. It is in a session of its own, so that no key and no hang-up reaches it, and ends with
 * kvmtop: nobody else has the other end of its pipe.
 */
export interface Watchdog {
  /** kvmtop holds the terminal, as it does from the start; or does not, while it is suspended. */
  hold(held: boolean): void;
  /** The terminal was given back. */
  close(): void;
}

/** Seconds between two beats; each costs both sides some 50 µs. */
const beatSeconds = 4;
/** Folders that nobody but root can write to: all runs with the rights of kvmtop. */
const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin', LC_ALL: 'C' };

/** The terminal's settings, for `stty` to set again. Some 3 ms; nothing else may be done before they are known. */
const terminalSettings = (): string => {
  const { stdout } = spawnSync('stty', ['-g'], {
    stdio: ['inherit', 'pipe', 'ignore'],
    env,
    encoding: 'utf8',
    timeout: 1000,
  });
  return stdout?.trim() || 'sane';
};

/** Where the terminal can be opened anew; needed only where stdin is open to read alone. */
const terminalPath = (): string => {
  try {
    return readlinkSync('/proc/self/fd/1');
  } catch {
    return '';
  }
};

/**
 * `$1`: kvmtop's PID; `$2` and `$3`: the bytes and the settings that give the terminal back; `$4`: its path. Descriptors: 0 the terminal, 3 beats.
 * Programs run under `timeout`: a terminal that takes nothing must not keep them.
 */
const script = String.raw`
pid=$1 leave=$2 saved=$3 path=$4
trap '' HUP INT QUIT TERM TTIN TTOU PIPE
# A terminal is open to read and to write (2), but where somebody redirected it.
while read -r -u 4 key mode; do [ "$key" = flags: ] && break; done 4</proc/self/fdinfo/0
case $mode in *2) exec 1<&0 ;; *) exec 1>"$path" ;; esac

give_back() { timeout 2 printf %s "$leave"; }

# state: S or D where the main thread waits in the kernel. gone_on: what it was given since it began, in 10 ms of a processor and
# times that it was woken.
look() {
  local key value ran=0 rest
  gone_on=0 pending=0
  while read -r key value; do
    case $key in
      State:) state=$value ;;
      *voluntary_ctxt_switches:) gone_on=$((gone_on + value)) ;;
      SigPnd: | ShdPnd:) pending=$((pending | 0x$value)) ;;
    esac
  done <"/proc/$pid/task/$pid/status"
  read -r ran rest <"/proc/$pid/task/$pid/schedstat"
  gone_on=$((gone_on + ran / 10000000))
}

# HUP, INT or TERM is pending, or q or Ctrl-C was typed: nobody else reads now. It may have stood still before it asked for keys
# instead of lines.
asked() {
  ((pending & 0x4003)) && return
  timeout 1 stty -icanon
  case $(timeout 1 dd bs=256 count=1 | tr -d '\0') in *q* | *$'\003'*) return 0 ;; esac
  return 1
}

held=on still=0 before=0
while :; do
  read -r -t 5 -u 3 word
  status=$?
  if [ $status = 0 ]; then
    held=$word still=0
    continue
  fi
  if [ $status -le 128 ]; then
    [ $held = on ] || exit
    give_back
    # Where the shell that started kvmtop was quicker, the terminal has that one's settings, in which keys are signals.
    case $(timeout 2 stty -a) in *-isig*) timeout 2 stty "$saved" ;; esac
    exit
  fi
  [ $held = on ] || continue
  look
  # A signal wakes it, too, and so does who looks at it.
  if [[ $state == [SD]* ]] && ((still > 0 && gone_on - before <= 5)); then
    still=$((still + 1))
  else
    still=1 before=$gone_on
  fi
  if ((still >= 3)) && asked; then
    where=unknown
    read -r where <"/proc/$pid/wchan"
    give_back
    timeout 2 stty "$saved"
    timeout 2 printf 'kvmtop: it stood still in the kernel for 15 s (%s) and was killed, as asked: a file or a disk does not answer; see dmesg\r\n' "$where"
    kill -KILL "$pid"
    exit
  fi
done
`;

/**
 * Starts it for this process, `pid`, whose streams are the terminal, before the terminal's settings are changed; `leave` is what
 * else gives it back.
 */
export const startWatchdog = (pid: number, leave: string): Watchdog => {
  const shell = spawn(
    'bash',
    ['-c', script, 'kvmtop-watchdog', String(pid), leave, terminalSettings(), terminalPath()],
    {
      detached: true,
      cwd: '/',
      env,
      // Never stdout: libuv makes what a child inherits block, for both, and then a terminal that takes nothing stops kvmtop.
      stdio: ['inherit', 'ignore', 'ignore', 'pipe'],
    },
  );
  const beats = shell.stdio[3] as Socket;
  // Without it all is as with it, but for what it is there for.
  for (const end of [shell, beats]) {
    end.on('error', () => undefined);
    end.unref();
  }
  let held = true;
  const beat = (): void => {
    if (beats.writable) beats.write(held ? 'on\n' : 'off\n');
  };
  const timer = setInterval(beat, beatSeconds * 1000).unref();
  return {
    hold(now) {
      held = now;
      beat();
    },
    close() {
      clearInterval(timer);
      held = false;
      beat();
      beats.end();
    },
  };
};
