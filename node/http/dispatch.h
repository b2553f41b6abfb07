/*
 * From libmicrohttpd's callbacks to the routes: the checks that every request goes through, its
 * body, its handler, its end. All on libmicrohttpd's thread; `user` is the struct server.
 */
#ifndef CAMNODE_HTTP_DISPATCH_H
#define CAMNODE_HTTP_DISPATCH_H

#include <microhttpd.h>

enum MHD_Result dispatch_request(void *user, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **request);

/* As libmicrohttpd's own, but a "%00" becomes another control character: a text that ended there
 * would be taken for the whole. */
size_t dispatch_unescape(void *user, struct MHD_Connection *connection, char *text);

void dispatch_completed(void *user, struct MHD_Connection *connection, void **request,
                        enum MHD_RequestTerminationCode why);

void dispatch_connection(void *user, struct MHD_Connection *connection, void **conn,
                         enum MHD_ConnectionNotificationCode what);

#endif
