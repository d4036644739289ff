/* privilege.c -- the children's user, and what is taken from them besides. See privilege.h. */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "seccomp.h"

static struct {
	uid_t	uid;		/* 0: the present user */
	gid_t	gid;
} user;

void
privilege_init(void)
{
	const struct passwd *p;

	if (geteuid() != 0 || *conf.user == '\0')
		return;
	if ((p = getpwnam(conf.user)) == NULL)
		die("DURE_USER does not exist", JS("user", conf.user));
	user.uid = p->pw_uid;
	user.gid = p->pw_gid;
}

void
privilege_give(const char *path)
{
	if (user.uid != 0 && chown(path, user.uid, user.gid) < 0)
		die("cannot change an owner", JS("path", path), JS("user", conf.user), JS("error", strerror(errno)));
}

/* Empty the bounding set, so that no program which a child runs could gain a capability. That needs CAP_SETPCAP. */
static void
bound_capabilities(void)
{
	int cap;

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

/* Root without capabilities is merely the owner of root's files. A process that has none skips the call, which may be
 * forbidden (etc/systemd/dure.service). */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } }, now[2];

	if (syscall(SYS_capget, &head, now) == 0 && memcmp(now, none, sizeof(none)) == 0)
		return;
	if (syscall(SYS_capset, &head, none) < 0)
		die("cannot give up the capabilities", JS("error", strerror(errno)));
}

/* Memory holds secrets: no core dump and no ptrace by the same user. Outside production a developer wants both. */
void
privilege_hide(void)
{
	struct rlimit none = { 0 };

	if (!conf.strict)
		return;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
}

void
privilege_leave(void)
{
	bound_capabilities();
	if (user.uid != 0 && (initgroups(conf.user, user.gid) < 0 || setgid(user.gid) < 0 || setuid(user.uid) < 0))
		die("cannot become DURE_USER", JS("user", conf.user), JS("error", strerror(errno)));
	drop_capabilities();
	privilege_hide();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		die("cannot forbid new privileges", JS("error", strerror(errno)));
}

void
privilege_drop(void)
{
	privilege_leave();
	if (conf_auto(conf.seccomp) && seccomp_confine() < 0)
		log_warn("system calls are not filtered", JS("error", strerror(errno)));
}
