// Preloaded into a process, makes its files behave as on a poor file system; POOR names what is missing: symlink, rename (over an existing
// entry), fsync (of folders), lock.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int lacks(const char* what) {
  const char* poor = getenv("POOR");
  return poor != NULL && strstr(poor, what) != NULL;
}

int symlink(const char* target, const char* path) {
  int (*next)(const char*, const char*) = dlsym(RTLD_NEXT, "symlink");
  if (!lacks("symlink")) return next(target, path);
  errno = EPERM;
  return -1;
}

int rename(const char* from, const char* to) {
  int (*next)(const char*, const char*) = dlsym(RTLD_NEXT, "rename");
  struct stat status;
  if (!lacks("rename") || lstat(to, &status) != 0) return next(from, to);
  errno = EEXIST;
  return -1;
}

int fsync(int file) {
  int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
  struct stat status;
  if (!lacks("fsync") || fstat(file, &status) != 0 || !S_ISDIR(status.st_mode)) return next(file);
  errno = EINVAL;
  return -1;
}

static int control(const char* name, int file, int command, void* argument) {
  int (*next)(int, int, ...) = dlsym(RTLD_NEXT, name);
  if (!lacks("lock") || (command != F_SETLK && command != F_SETLKW)) return next(file, command, argument);
  errno = ENOLCK;
  return -1;
}

int fcntl(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return control("fcntl", file, command, argument);
}

int fcntl64(int file, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return control("fcntl64", file, command, argument);
}
