/* The plain front end in float. */
#define REAL float
#define NAME plain_frontend_float
#define SIN sinf
#define COS cosf
#define LOG logf
#define EXP expf
#define SQRT sqrtf
#include "plain_frontend.inc"
