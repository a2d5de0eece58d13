/* SPDX-License-Identifier: ISC */
#include "daemon/seccomp.h"

#include "config.h"

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

static const char *const allowed[] = {
#define ALLOW(name) #name,
#include "daemon/seccomp_allow.def"
#undef ALLOW
};

static const char *const deadly[] = {
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "bpf", "userfaultfd",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "mount",
    "umount2", "pivot_root", "reboot", "swapon", "swapoff", "unshare", "setns", "keyctl",
};

static const int families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};

/* A name that this kernel's architecture hasn't needs no rule. */
static int
add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t n)
{
    int error = 0, number;
    size_t i;

    for (i = 0; i < n && error == 0; i++) {
        number = seccomp_syscall_resolve_name(names[i]);
        if (number != __NR_SCMP_ERROR)
            error = seccomp_rule_add(filter, action, number, 0);
    }
    return error;
}

static int
add_families(scmp_filter_ctx filter)
{
    size_t i;
    int error = 0;

    for (i = 0; i < sizeof(families) / sizeof(families[0]) && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
    return error;
}

static int
load(scmp_filter_ctx filter)
{
    int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
    if (error == 0)
        error = add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(allowed[0]));
    if (error == 0)
        error = add_families(filter);
    if (error == 0)
        error = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, sizeof(deadly) / sizeof(deadly[0]));
    return error == 0 ? seccomp_load(filter) : error;
}

bool
seccomp_confine(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    int error = filter != NULL ? load(filter) : -ENOMEM;

    seccomp_release(filter);
    if (error == 0)
        return true;
    log_error(NULL, "cannot give up system calls, set seccomp = false to go without error=\"%s\"",
              strerror(-error));
    return false;
}

#else

bool
seccomp_confine(void)
{
    return true;
}

#endif
