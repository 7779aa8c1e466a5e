/* One server at a time: the lock beside the store.
 *
 * A file of its own, because closing any descriptor of the database would drop the locks SQLite
 * holds on it in this process. The kernel gives the lock up when its holder dies, however it dies;
 * the file stays, as removing it would let two servers lock two files of that name. */
#include "server/engine/sqlite/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int refuse(int descriptor, const char *path, struct error *error)
{
    char text[32] = "";
    ssize_t n = pread(descriptor, text, sizeof text - 1, 0);
    long process = n > 0 ? strtol(text, NULL, 10) : 0;
    char holder[48] = "another server";
    if (process > 0)
        snprintf(holder, sizeof holder, "the server with process id %ld", process);
    return error_set(error, ERROR_CONFLICT,
                     "store %.160s is in use by %s; stop it, or use another data directory", path,
                     holder);
}

/* For whoever is refused; not being able to say it is no reason not to go on. */
static void write_holder(int descriptor)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, text, (size_t)n, 0) != n)
        return;
}

int store_lock(const char *path, struct error *error)
{
    char *name = NULL;
    int descriptor = -1, result = -1;
    if (asprintf(&name, "%s-lock", path) < 0) {
        name = NULL;
        error_set(error, ERROR_MEMORY, "no memory to open the store");
        goto out;
    }
    descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        error_set(error, ERROR_STORAGE, "store %.160s: cannot open its lock file %s-lock: %s", path,
                  strrchr(path, '/') + 1, strerror(errno));
        goto out;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        write_holder(descriptor);
        result = descriptor;
    } else if (errno == EWOULDBLOCK) {
        refuse(descriptor, path, error);
    } else {
        error_set(error, ERROR_STORAGE, "store %.160s: cannot be locked: %s", path,
                  strerror(errno));
    }
out:
    if (result < 0 && descriptor >= 0)
        close(descriptor);
    free(name);
    return result;
}
