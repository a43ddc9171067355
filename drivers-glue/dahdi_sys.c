#include "drivers-glue/dahdi_sys.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int sys_open(const char *path)
{
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int sys_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

static bool sys_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

static ssize_t sys_slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, buf, size) : -1;

	if (fd >= 0)
		close(fd);
	return n;
}

static const struct dahdi_sys kernel = {
	.open = sys_open, .close = close, .read = read, .write = write, .ioctl = sys_ioctl, .readable = sys_readable,
	.slurp = sys_slurp,
};

const struct dahdi_sys *dahdi_sys = &kernel;
