/*
 * A process that passes for a QEMU guest: it is started under QEMU's name and command line, its memory changes as time
 * goes by, and with `-qmp unix:PATH,…` it speaks as much QMP as kvmtop's round asks, one client at a time, as QEMU does.
 * Without a socket it is one of the other processes of a host. It costs next to nothing, so that a host of a thousand fits
 * into a small machine.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* What changes, and the most that stays: guests differ in size, as they do on a host. */
enum { region = 256 << 10, most = 4 << 20 };
static const long long size = 2048ll << 20;
static const char *name = "guest";
static char *memory;
static long long reported; /* when the balloon's statistics were last reported, seconds */
static long long inside;   /* bytes that the guest's applications use */
static long long faults, swapped;

/* One guest in three is busy in any second: it takes or gives back pages, and computes a little. */
static void live(void) {
  if (rand() % 3 == 0) {
    size_t part = (size_t)(rand() % 16) * (region / 16);
    if (rand() % 2) madvise(memory + part, region / 16, MADV_DONTNEED);
    else memset(memory + part, 1, region / 16);
    for (volatile int i = rand() % 400000; i > 0; i--) continue;
  }
  long long now = time(NULL);
  if (now - reported < 2) return;
  reported = now;
  inside += ((long long)(rand() % 64) - 32) << 16;
  faults += rand() % 3;
  swapped += rand() % 8 == 0 ? 4096 : 0;
}

static void answer(int client, const char *command, const char *id) {
  char text[1024];
  const char *end = id ? id : "0";
  if (strstr(command, "\"query-status\""))
    snprintf(text, sizeof text, "{\"return\": {\"status\": \"running\", \"singlestep\": false, \"running\": true}, \"id\": %s}\r\n", end);
  else if (strstr(command, "\"query-balloon\""))
    snprintf(text, sizeof text, "{\"return\": {\"actual\": %lld}, \"id\": %s}\r\n", size, end);
  else if (strstr(command, "\"query-memory-size-summary\""))
    snprintf(text, sizeof text, "{\"return\": {\"base-memory\": %lld, \"plugged-memory\": 0}, \"id\": %s}\r\n", size, end);
  else if (strstr(command, "\"query-name\""))
    snprintf(text, sizeof text, "{\"return\": {\"name\": \"%s\"}, \"id\": %s}\r\n", name, end);
  else if (strstr(command, "\"query-uuid\""))
    snprintf(text, sizeof text, "{\"return\": {\"UUID\": \"00000000-0000-0000-0000-000000000000\"}, \"id\": %s}\r\n", end);
  else if (strstr(command, "\"query-memdev\""))
    snprintf(text, sizeof text, "{\"return\": [{\"prealloc\": false, \"host-nodes\": [], \"size\": %lld, \"merge\": true, \"dump\": true, \"policy\": \"default\", \"share\": false, \"reserve\": true, \"id\": \"pc.ram\"}], \"id\": %s}\r\n", size, end);
  else if (strstr(command, "\"qom-list\""))
    snprintf(text, sizeof text, strstr(command, "peripheral-anon") ? "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}], \"id\": %s}\r\n"
      : "{\"return\": [{\"name\": \"type\", \"type\": \"string\"}, {\"name\": \"balloon0\", \"type\": \"child<virtio-balloon-pci>\"}], \"id\": %s}\r\n", end);
  else if (strstr(command, "\"guest-stats\""))
    snprintf(text, sizeof text, "{\"return\": {\"stats\": {\"stat-htlb-pgalloc\": 0, \"stat-swap-out\": %lld, \"stat-available-memory\": %lld, \"stat-htlb-pgfail\": 0, \"stat-free-memory\": %lld, \"stat-minor-faults\": %lld, \"stat-major-faults\": %lld, \"stat-total-memory\": %lld, \"stat-swap-in\": %lld, \"stat-disk-caches\": %lld}, \"last-update\": %lld}, \"id\": %s}\r\n",
      swapped, size - inside, size - inside - (300ll << 20), faults * 100, faults, size - (60ll << 20), swapped, 240ll << 20, reported, end);
  else if (strstr(command, "deflate-on-oom"))
    snprintf(text, sizeof text, "{\"return\": true, \"id\": %s}\r\n", end);
  else if (strstr(command, "guest-stats-polling-interval"))
    snprintf(text, sizeof text, "{\"return\": 2, \"id\": %s}\r\n", end);
  else
    snprintf(text, sizeof text, "{\"return\": {}, \"id\": %s}\r\n", end);
  if (write(client, text, strlen(text)) < 0) return;
}

static int listening(const char *option) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = option + strlen("unix:");
  snprintf(address.sun_path, sizeof address.sun_path, "%.*s", (int)strcspn(path, ","), path);
  int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unlink(address.sun_path);
  if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 8)) {
    perror(address.sun_path);
    exit(1);
  }
  return server;
}

/* `crowd GUESTS OTHERS FOLDER [monitors]`: starts them and waits for the end of its input, with which all end. */
static int crowd(char **argv) {
  int guests = atoi(argv[2]), others = atoi(argv[3]);
  char program[4096], label[64], socket[4200];
  setpgid(0, 0);
  for (int i = 0; i < guests + others; i++) {
    if (fork() != 0) continue;
    snprintf(program, sizeof program, "%s/%s", argv[4], i < guests ? "qemu-system-x86_64" : "service");
    if (i >= guests) execl(program, program, "--foreground", (char *)NULL);
    snprintf(label, sizeof label, "vm-%04d,debug-threads=on", i + 1);
    snprintf(socket, sizeof socket, "unix:%s/vm-%04d.qmp,server=on,wait=off", argv[4], i + 1);
    execl(program, program, "-name", label, "-machine", "q35,accel=kvm", "-cpu", "host", "-smp", "2", "-m", "2048",
          "-device", "virtio-balloon-pci,id=balloon0", "-display", "none", argv[5] ? "-qmp" : "-nodefaults",
          argv[5] ? socket : (char *)NULL, (char *)NULL);
    _exit(127);
  }
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  /* None is left behind as a zombie: nobody else waits for them. */
  signal(SIGTERM, SIG_IGN);
  kill(0, SIGTERM);
  while (wait(NULL) > 0) continue;
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 4 && !strcmp(argv[1], "crowd")) return crowd(argv);
  int server = -1, client = -1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGPIPE, SIG_IGN);
  for (int i = 1; i + 1 < argc; i++) {
    if (!strcmp(argv[i], "-name")) name = strndup(argv[i + 1], strcspn(argv[i + 1], ","));
    if (!strcmp(argv[i], "-qmp")) server = listening(argv[i + 1]);
  }
  srand((unsigned)getpid());
  size_t own = (size_t)rand() % most;
  memset(malloc(own), 1, own);
  memory = mmap(NULL, region, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  reported = time(NULL) - rand() % 2;
  inside = (long long)(400 + rand() % 1000) << 20;
  char pending[16384];
  size_t length = 0;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  /* Ticks at a phase of its own, so that a thousand don't wake at once. */
  long long tick = now.tv_sec * 1000ll + rand() % 1000;
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long long left = tick - (now.tv_sec * 1000ll + now.tv_nsec / 1000000);
    if (left <= 0) {
      live();
      tick += 1000;
      continue;
    }
    struct pollfd watched = {.fd = client >= 0 ? client : server, .events = POLLIN};
    if (poll(&watched, watched.fd >= 0, (int)left) <= 0) continue;
    if (client < 0) {
      static const char greeting[] =
        "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": \"Debian 1:7.2+dfsg-7\"}, \"capabilities\": [\"oob\"]}}\r\n";
      client = accept(server, NULL, NULL);
      length = 0;
      if (client >= 0 && write(client, greeting, sizeof greeting - 1) < 0) continue;
      continue;
    }
    ssize_t got = read(client, pending + length, sizeof pending - 1 - length);
    if (got <= 0) {
      close(client);
      client = -1;
      continue;
    }
    length += (size_t)got;
    pending[length] = 0;
    char *line = pending;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
      *end = 0;
      char *id = strstr(line, "\"id\":");
      if (id) {
        id += 5;
        id[strspn(id, " 0123456789")] = 0;
      }
      answer(client, line, id);
    }
    length -= (size_t)(line - pending);
    memmove(pending, line, length);
  }
}
