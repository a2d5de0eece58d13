/* SPDX-License-Identifier: ISC */
/*
 * The order matters: names are looked up while /etc/passwd is there, and of what is
 * given up the power to give up comes last. Then it is tried whether what a reload
 * reads can still be read, for that would be found out too late otherwise.
 */
#include "daemon/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#define LAST_CAPABILITY 63

struct identity {
    const char *name;       /* of the user; NULL: none is named, or only a number */
    uid_t uid;
    gid_t gid;
    bool has_user;
    bool has_group;
};

static bool
parse_id(const char *text, unsigned *id)
{
    unsigned long number;
    char *end;

    errno = 0;
    number = strtoul(text, &end, 10);
    *id = (unsigned)number;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number < UINT32_MAX;
}

static bool
find_user(const char *text, struct identity *identity)
{
    const struct passwd *entry = getpwnam(text);

    if (entry == NULL && parse_id(text, &identity->uid))
        entry = getpwuid(identity->uid);
    else if (entry == NULL)
        return false;
    identity->has_user = true;
    if (entry == NULL)
        return true;
    identity->name = entry->pw_name;
    identity->uid = entry->pw_uid;
    identity->gid = entry->pw_gid;
    identity->has_group = true;
    return true;
}

static bool
find_group(const char *text, struct identity *identity)
{
    const struct group *entry = getgrnam(text);

    if (entry != NULL)
        identity->gid = entry->gr_gid;
    else if (!parse_id(text, &identity->gid))
        return false;
    identity->has_group = true;
    return true;
}

static bool
find_identity(const struct conf *conf, struct identity *identity)
{
    *identity = (struct identity){.uid = geteuid(), .gid = getegid()};
    if (conf->user[0] != '\0' && !find_user(conf->user, identity)) {
        log_error(NULL, "there is no such user user=%s", conf->user);
        return false;
    }
    if (conf->group[0] != '\0' && !find_group(conf->group, identity)) {
        log_error(NULL, "there is no such group group=%s", conf->group);
        return false;
    }
    if (identity->has_user && !identity->has_group) {
        log_error(NULL, "a user without an entry in the system's list needs a group user=%s",
                  conf->user);
        return false;
    }
    return true;
}

static bool
cannot(const char *what)
{
    log_error(NULL, "cannot %s error=\"%s\"%s", what, strerror(errno),
              errno == EPERM && geteuid() != 0 ? ": it is for root to do" : "");
    return false;
}

static bool
change_root(const char *folder)
{
    if (folder[0] == '\0' || (chroot(folder) == 0 && chdir("/") == 0))
        return true;
    log_error(NULL, "cannot make the folder the root chroot=%s error=\"%s\"%s", folder,
              strerror(errno), errno == EPERM && geteuid() != 0 ? ": it is for root to do" : "");
    return false;
}

static bool
set_groups(const struct identity *identity)
{
    if (!identity->has_group || geteuid() != 0)
        return true;
    if (identity->name != NULL ? initgroups(identity->name, identity->gid) == -1
                               : setgroups(0, NULL) == -1)
        return cannot("set its groups");
    return true;
}

/* For whatever it may execute, which is nothing. Root alone can, and need. */
static void
drop_bounding_set(void)
{
    unsigned long i;

    for (i = 0; i <= LAST_CAPABILITY; i++)
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
}

static bool
drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}}, now[2];

    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capget, &header, now) == 0 && (now[0].permitted | now[1].permitted) == 0)
        return true;    /* a service manager may forbid the very call */
    header.version = _LINUX_CAPABILITY_VERSION_3;
    return syscall(SYS_capset, &header, none) == 0 || cannot("give up its capabilities");
}

static bool
become(const struct identity *identity)
{
    if (identity->has_group && identity->gid != getegid() && setgid(identity->gid) == -1)
        return cannot("change its group");
    if (!identity->has_user)
        return true;
    if (identity->uid != 0)
        drop_bounding_set();
    if (identity->uid != geteuid() && setuid(identity->uid) == -1)
        return cannot("change its user");
    ensure(geteuid() == identity->uid && getuid() == identity->uid);
    ensure(identity->uid == 0 || setuid(0) == -1);
    return true;
}

/* A reload that can't work is refused while running, and the old configuration stays: where
 * there is a chroot it never will, so that is a mistake. */
static bool
try_reload(const struct conf *conf, const char *path)
{
    bool jailed = conf->chroot[0] != '\0', ok = true;
    enum log_level level = jailed ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
    char error[CONF_ERROR_SIZE];
    struct conf *again;

    if (!log_reopen()) {
        log_write(level, NULL, "the log could not be opened anew as user and within chroot log=%s "
                  "error=\"%s\"", conf->log_target, strerror(errno));
        ok = false;
    }
    again = path != NULL ? conf_read(path, error) : NULL;
    if (path != NULL && again == NULL) {
        log_write(level, NULL, "a reload could not read the configuration as user and within "
                  "chroot error=\"%s\"", error);
        ok = false;
    }
    conf_unref(again);
    return ok || !jailed;
}

static bool
check_syslog(const struct conf *conf)
{
    if (conf->chroot[0] == '\0' || strcmp(conf->log_target, "syslog") != 0 ||
        access("/dev/log", W_OK) == 0)
        return true;
    log_error(NULL, "within chroot=%s there is no /dev/log for log = syslog", conf->chroot);
    return false;
}

bool
privileges_drop(const struct conf *conf, const char *path)
{
    struct identity identity;
    bool changes = conf->user[0] != '\0' || conf->group[0] != '\0' || conf->chroot[0] != '\0';

    if (!find_identity(conf, &identity))
        return false;
    if (changes)
        log_give(identity.uid, identity.gid);
    if (!set_groups(&identity) || !change_root(conf->chroot) || !become(&identity))
        return false;
    if (geteuid() != 0 && !drop_capabilities())
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
        return cannot("do without new privileges");
    if (changes)
        log_notice(NULL, "privileges given up uid=%u gid=%u chroot=\"%s\"", geteuid(), getegid(),
                   conf->chroot);
    return !changes || (check_syslog(conf) && try_reload(conf, path));
}
