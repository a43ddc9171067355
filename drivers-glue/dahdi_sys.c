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

static int sys_without_data(const int *fds, int n)
{
	struct pollfd p[DAHDI_SYS_FDS_MAX];

	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (poll(p, (nfds_t)n, 0) == n)
		return -1;
	for (int i = 0; i < n; i++)
		if (p[i].revents == 0)
			return i;
	return -1;
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
	.without_data = sys_without_data, .slurp = sys_slurp,
};

const struct dahdi_sys *dahdi_sys = &kernel;
