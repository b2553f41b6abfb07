/*
 * The listening socket.
 */
#ifndef CAMNODE_HTTP_LISTENER_H
#define CAMNODE_HTTP_LISTENER_H

/* Binds and listens; options that accepted sockets inherit are set. A descriptor, or -errno. */
int listener_open(const char *address, int port);

#endif
