/*
 * What one collection round costs in C: the measure for kvmtop's.
 *
 *   round files ROOT HOSTFILES ROUNDS [kept]  lists ROOT/proc, looks at the program of a quarter of the processes (kvmtop
 *       looks at each every four seconds), and reads and parses the files named in HOSTFILES and each guest's stat, status
 *       and ksm_stat: by open, read, close, or with `kept` through descriptors that stay open.
 *   round monitors SOCKETS ROUNDS  holds the conversation of kvmtop's round with each socket named in the file SOCKETS.
 *
 * Prints the median wall milliseconds of a round, and the mean CPU milliseconds.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { most = 65536, parts = 3 };
static const char *const part[parts] = {"stat", "status", "ksm_stat"};
static char *hostfiles[1024];
static int hostfile[1024], hostcount;
static int *kept[most * 64]; /* by PID, which stays below 2^22 */
static char isguest[most * 64];
static int keeping;
static char buffer[1 << 16];
/* Every number that was read, and a sum of them that is printed, so that no compiler leaves the work out. */
static double numbers[4096];
static uint64_t checksum;

static double seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Every number that stands alone in the text, with its fraction; words are passed over. */
static void parse(const char *text, size_t length) {
  const char *at = text, *end = text + length;
  size_t count = 0;
  while (at < end) {
    if ((*at < '0' || *at > '9') && *at != '-') {
      if (isalpha((unsigned char)*at) || *at == '_')
        while (at < end && (isalnum((unsigned char)*at) || *at == '_')) at++;
      else at++;
      continue;
    }
    int negative = *at == '-';
    at += negative;
    uint64_t value = 0;
    double scale = 1;
    while (at < end && *at >= '0' && *at <= '9') value = value * 10 + (uint64_t)(*at++ - '0');
    double number = (double)value;
    if (at + 1 < end && *at == '.' && at[1] >= '0' && at[1] <= '9')
      for (at++; at < end && *at >= '0' && *at <= '9'; at++) number += (*at - '0') * (scale /= 10);
    if (count < sizeof numbers / sizeof *numbers) numbers[count++] = negative ? -number : number;
    checksum += value;
  }
}

static void take(int folder, const char *path, int *descriptor) {
  int opened = *descriptor >= 0 ? *descriptor : openat(folder, path, O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;
  size_t length = 0;
  ssize_t got;
  while (length < sizeof buffer && (got = pread(opened, buffer + length, sizeof buffer - length, (off_t)length)) > 0)
    length += (size_t)got;
  parse(buffer, length);
  if (keeping) *descriptor = opened;
  else close(opened);
}

static void look(const char *root, int round) {
  char path[4096], target[256];
  snprintf(path, sizeof path, "%s/proc", root);
  DIR *directory = opendir(path);
  int proc = dirfd(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    int pid = atoi(entry->d_name);
    if (round == 0 || pid % 4 == round % 4) {
      snprintf(path, sizeof path, "%d/exe", pid);
      ssize_t length = readlinkat(proc, path, target, sizeof target - 1);
      target[length < 0 ? 0 : length] = 0;
      isguest[pid] = strstr(target, "/qemu-system-") != NULL;
    }
    if (!isguest[pid]) continue;
    if (!kept[pid]) {
      kept[pid] = malloc(parts * sizeof(int));
      for (int i = 0; i < parts; i++) kept[pid][i] = -1;
    }
    for (int i = 0; i < parts; i++) {
      snprintf(path, sizeof path, "%d/%s", pid, part[i]);
      take(proc, path, &kept[pid][i]);
    }
  }
  closedir(directory);
  for (int i = 0; i < hostcount; i++) take(AT_FDCWD, hostfiles[i], &hostfile[i]);
}

static void say(int to, const char *text) {
  if (write(to, text, strlen(text)) < 0) exit(1);
}

/* Reads until so many lines have come, and parses them. */
static void hear(int from, int lines) {
  size_t length = 0;
  while (lines > 0) {
    ssize_t got = read(from, buffer + length, sizeof buffer - length);
    if (got <= 0) exit(1);
    for (ssize_t i = 0; i < got; i++) lines -= buffer[length + (size_t)i] == '\n';
    length += (size_t)got;
  }
  parse(buffer, length);
}

static void converse(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(monitor, (struct sockaddr *)&address, sizeof address)) {
    perror(path);
    exit(1);
  }
  hear(monitor, 1);
  say(monitor, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
  hear(monitor, 1);
  say(monitor,
      "{\"execute\":\"query-status\",\"id\":2}\n{\"execute\":\"query-balloon\",\"id\":3}\n"
      "{\"execute\":\"query-memory-size-summary\",\"id\":4}\n"
      "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/machine/peripheral/balloon0\",\"property\":\"guest-stats\"},\"id\":5}\n"
      "{\"execute\":\"qom-get\",\"arguments\":{\"path\":\"/machine/peripheral/balloon0\",\"property\":\"guest-stats-polling-interval\"},\"id\":6}\n");
  hear(monitor, 5);
  close(monitor);
}

static int ascending(const void *one, const void *other) {
  double difference = *(const double *)one - *(const double *)other;
  return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv) {
  int files = argc > 1 && !strcmp(argv[1], "files");
  if (argc < (files ? 5 : 4)) return 2;
  FILE *list = fopen(argv[files ? 3 : 2], "r");
  char line[4096];
  while (list && hostcount < 1024 && fgets(line, sizeof line, list)) {
    line[strcspn(line, "\n")] = 0;
    hostfile[hostcount] = -1;
    hostfiles[hostcount++] = strdup(line);
  }
  int rounds = atoi(argv[files ? 4 : 3]), warm = rounds / 4 + 4;
  keeping = files && argc > 5;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  double *walls = malloc((size_t)rounds * sizeof *walls), cpu = 0;
  for (int round = 0; round < warm + rounds; round++) {
    if (round == warm) cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    double start = seconds(CLOCK_MONOTONIC);
    if (files) look(argv[2], round);
    else for (int i = 0; i < hostcount; i++) converse(hostfiles[i]);
    if (round >= warm) walls[round - warm] = seconds(CLOCK_MONOTONIC) - start;
  }
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  qsort(walls, (size_t)rounds, sizeof *walls, ascending);
  fprintf(stderr, "%llu\n", (unsigned long long)checksum);
  printf("{\"wall\": %.4f, \"cpu\": %.4f}\n", walls[rounds / 2] * 1000, cpu / rounds * 1000);
}
