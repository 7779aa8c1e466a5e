/* Signposts: for whoever asks for a path that is not served. Private to server/api. */
#ifndef SERVER_API_ROUTE_SIGNPOST_H
#define SERVER_API_ROUTE_SIGNPOST_H

struct http_request;

/* 404, with the path of the table of routes that is most like the one asked for. */
void signpost_reply(struct http_request *request);

#endif
