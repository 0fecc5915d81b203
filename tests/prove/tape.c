/* Loaded into a process (LD_PRELOAD), this writes down in one order what the process does to the files of a database
   and to its marks: every write, truncation and removal, and every sync with what had been written when it began.

   A record is: what (1 byte), which file (1 byte), length (4), offset (8), then the bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 3, REMOVE = 4 };
enum { NONE = 0, DATABASE = 1, LOG = 2, JOURNAL = 3, MARKS = 4 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int tape = -1;
static uint64_t records;

static int which_path(const char *path) {
    static const char *tails[] = {"", "-wal", "-journal"};
    const char *database = getenv("TAPE_DATABASE");
    size_t length = strlen(path);
    if (database == NULL) return NONE;
    if (length > 6 && strcmp(path + length - 6, ".marks") == 0) return MARKS;
    size_t stem = strlen(database);
    if (strncmp(path, database, stem) != 0) return NONE;
    for (int n = 0; n < 3; n++)
        if (strcmp(path + stem, tails[n]) == 0) return DATABASE + n;
    return NONE;
}

static int which(int fd) {
    char link[32], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return NONE;
    path[length] = 0;
    return which_path(path);
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        long done = syscall(SYS_write, tape, at, length);
        if (done <= 0) _exit(99);
        at += done;
        length -= (size_t)done;
    }
}

static void note(uint8_t what, int file, uint64_t offset, const void *bytes, uint32_t length) {
    pthread_mutex_lock(&turn);
    if (tape < 0) {
        long fd = syscall(SYS_openat, AT_FDCWD, getenv("TAPE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) _exit(99);
        tape = (int)fd;
    }
    uint8_t head[14] = {what, (uint8_t)file};
    memcpy(head + 2, &length, 4);
    memcpy(head + 6, &offset, 8);
    put(head, sizeof head);
    put(bytes, length);
    records++;
    pthread_mutex_unlock(&turn);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name)

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    ssize_t done = real(fd, bytes, count, offset);
    int file = which(fd);
    if (done > 0 && file) note(WRITE, file, (uint64_t)offset, bytes, (uint32_t)done);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return pwrite64(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    int file = which(fd);
    uint64_t offset = file && file != MARKS ? (uint64_t)lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, bytes, count);
    if (done > 0 && file) note(WRITE, file, offset, bytes, (uint32_t)done);
    return done;
}

static int synced(int fd, int (*real)(int)) {
    pthread_mutex_lock(&turn);
    uint64_t began = records;
    pthread_mutex_unlock(&turn);
    int result = real(fd);
    int file = which(fd);
    if (result == 0 && file) note(SYNC, file, began, "", 0);
    return result;
}

int fsync(int fd) {
    REAL(fsync);
    return synced(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return synced(fd, real);
}

int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    int result = real(fd, length);
    int file = which(fd);
    if (result == 0 && file) note(TRUNCATE, file, (uint64_t)length, "", 0);
    return result;
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

int unlink(const char *path) {
    REAL(unlink);
    int result = real(path);
    int file = which_path(path);
    if (result == 0 && file) note(REMOVE, file, 0, "", 0);
    return result;
}
