#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int has(const struct statx *file, uint64_t attribute)
{
	return !!(file->stx_attributes & attribute);
}

static int may_act_as_owner(void)
{
	uint64_t effective = 0, permitted, inheritable;

	clinux_get_capabilities(&effective, &permitted, &inheritable);
	return !!(effective & (uint64_t)1 << CAP_FOWNER);
}

int clinux_check_replaceable(const char *path, const char *directory)
{
	struct statx file, parent;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &file))
		return errno == ENOENT ? 0 : errno;
	if (statx(AT_FDCWD, directory, 0, STATX_BASIC_STATS, &parent))
		return errno;
	if (has(&file, STATX_ATTR_MOUNT_ROOT))
		return EBUSY;
	if (has(&file, STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND) || has(&parent, STATX_ATTR_APPEND))
		return EPERM;
	if ((parent.stx_mode & S_ISVTX) && file.stx_uid != geteuid() && parent.stx_uid != geteuid() && !may_act_as_owner())
		return EPERM;
	return 0;
}

static const char *place_of(int fd, char *text, size_t size)
{
	snprintf(text, size, "/proc/self/fd/%d", fd);
	return text;
}

int clinux_open_nameless(const char *directory, int *fd)
{
	char place[32];

	*fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
	/* What a kernel or a file system says that does not know the flag. */
	if (*fd < 0)
		return errno == EISDIR || errno == EINVAL ? EOPNOTSUPP : errno;
	if (!access(place_of(*fd, place, sizeof(place)), F_OK))
		return 0;
	close(*fd);
	return EOPNOTSUPP;
}

int clinux_name_file(int fd, const char *path)
{
	char place[32];

	return linkat(AT_FDCWD, place_of(fd, place, sizeof(place)), AT_FDCWD, path, AT_SYMLINK_FOLLOW) ? errno : 0;
}
