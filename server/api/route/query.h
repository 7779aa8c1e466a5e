/* Queries: only what a route knows is taken. Private to server/api. */
#ifndef SERVER_API_ROUTE_QUERY_H
#define SERVER_API_ROUTE_QUERY_H

#include "server/api/route/routes.h"

/* 0 if every name in the query of call->request is one of call->route's, once. -1 after replying
 * 400: each that is not, what may have been meant, and what is allowed. */
int query_check(struct call *call);

#endif
