/* The token of a shared server: given, found in the data directory, or made there. */
#ifndef SERVER_START_TOKEN_H
#define SERVER_START_TOKEN_H

#include "core/base/error.h"
#include "server/start/settings.h"

enum { TOKEN_BYTES_MIN = 16, TOKEN_BYTES_MAX = 128 };

/* Fills `out`: from --token-file; or, for --token, from DATA/token, which is made with 32 random
 * bytes, readable by this user alone, if it is not there, so that links outlive a restart; or from
 * the environment's DESCENT_TOKEN; or "" when none of these is. Call with the data directory in
 * existence and ours alone. -1 with ERROR_INVALID or ERROR_STORAGE, whose text never holds the
 * token. */
int token_choose(const struct settings *settings, char out[TOKEN_BYTES_MAX + 1],
                 struct error *error);

#endif
