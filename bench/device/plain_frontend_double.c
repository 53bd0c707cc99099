/* The plain front end in double. */
#define REAL double
#define NAME plain_frontend_double
#define SIN sin
#define COS cos
#define LOG log
#define EXP exp
#define SQRT sqrt
#include "plain_frontend.inc"
