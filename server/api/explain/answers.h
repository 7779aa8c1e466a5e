/* The answers to the presets' questions, each found out once. */
#ifndef SERVER_API_EXPLAIN_ANSWERS_H
#define SERVER_API_EXPLAIN_ANSWERS_H

#include <jansson.h>
#include <pthread.h>

/* Who asks for an answer that another is finding out waits for that one. */
struct answer_board {
    pthread_mutex_t mutex; /* guards the rest */
    pthread_cond_t found;
    int is_busy;
    json_t *answers; /* {name: answer}, owned; NULL: none yet */
};
#define ANSWER_BOARD_INIT \
    {.mutex = PTHREAD_MUTEX_INITIALIZER, .found = PTHREAD_COND_INITIALIZER}
void answer_board_clear(struct answer_board *board);

#endif
