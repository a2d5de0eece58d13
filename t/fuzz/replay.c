/* SPDX-License-Identifier: ISC */
/*
 * The main of a fuzz target in normal builds: feeds it each file of its corpus,
 * $TEST_SRCDIR/t/fuzz/corpus/TARGET, or the files it is given. One TAP test a
 * file; the file's name is out before it is fed, so that it is known what broke.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

static unsigned count;

static void
replay(const char *name)
{
    static uint8_t room[INPUT_MAX];
    FILE *in = fopen(name, "rb");
    uint8_t *copy;
    size_t n;

    count++;
    if (in == NULL) {
        printf("not ok %u - %s can't be read\n", count, name);
        return;
    }
    n = fread(room, 1, sizeof(room), in);
    fclose(in);
    printf("# %s: %zu octets\n", name, n);
    fflush(stdout);
    copy = fuzz_copy(room, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
    printf("ok %u - %s\n", count, name);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
replay_folder(const char *folder)
{
    struct dirent **entries = NULL;
    int n, i;

    n = chdir(folder) == 0 ? scandir(".", &entries, is_visible, alphasort) : 0;
    for (i = 0; i < n; i++) {
        replay(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

int
main(int argc, char **argv)
{
    const char *src = getenv("TEST_SRCDIR"), *slash = strrchr(argv[0], '/');
    const char *target = slash == NULL ? argv[0] : slash + 1;
    char folder[PATH_MAX];
    int i;

    for (i = 1; i < argc; i++)
        replay(argv[i]);
    if (argc == 1) {
        snprintf(folder, sizeof(folder), "%s/t/fuzz/corpus/%s", src == NULL ? "." : src, target);
        replay_folder(folder);
    }
    if (count == 0)
        printf("not ok %u - there is a corpus\n", ++count);
    printf("1..%u\n", count);
    return EXIT_SUCCESS;
}
