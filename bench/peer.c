// The fused pass as one would write it in C: filters as they lie in memory, everything in double, one filter at a time.
// Built by bench/kernel.ts with gcc -O3 -march=native -shared; called from Node through the command below.
//   peer <file of float32> <filters> <repetitions>: prints milliseconds of each repetition
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  long count;
  double mean[9], scatter[9][9];
} Set;

static void add(Set *set, const double *x) {
  set->count++;
  for (int i = 0; i < 9; i++) set->mean[i] += x[i];
  for (int i = 0; i < 9; i++)
    for (int j = i; j < 9; j++) set->scatter[i][j] += x[i] * x[j];
}

static void finish(Set *set) {
  for (int i = 0; i < 9; i++) set->mean[i] /= set->count;
  for (int i = 0; i < 9; i++)
    for (int j = i; j < 9; j++) {
      set->scatter[i][j] -= set->count * set->mean[i] * set->mean[j];
      set->scatter[j][i] = set->scatter[i][j];
    }
}

typedef struct {
  double peak, sum, absolute, deviation;
  long sparse;
  Set scaled, raw, clean;
} Result;

void measure(const float *w, long n, Result *r) {
  *r = (Result){0};
  float peak = 0;
  double sum = 0, absolute = 0;
  for (long i = 0; i < 9 * n; i++) {
    float a = fabsf(w[i]);
    if (a > peak) peak = a;
    sum += w[i];
    absolute += a;
  }
  r->peak = peak;
  r->sum = sum;
  r->absolute = absolute;
  double limit = peak / 100.0, mean = sum / (9 * n), deviation = 0;
  for (long f = 0; f < n; f++, w += 9) {
    double x[9], s[9];
    float top = 0;
    for (int j = 0; j < 9; j++) {
      x[j] = w[j];
      float a = fabsf(w[j]);
      if (a > top) top = a;
      deviation += fabs(x[j] - mean);
    }
    add(&r->raw, x);
    if (top <= limit) {
      r->sparse++;
      continue;
    }
    add(&r->clean, x);
    for (int j = 0; j < 9; j++) s[j] = x[j] / top;
    add(&r->scaled, s);
  }
  r->deviation = deviation;
  finish(&r->scaled);
  finish(&r->raw);
  finish(&r->clean);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long n = atol(argv[2]), repetitions = atol(argv[3]);
  float *w = malloc(n * 36);
  FILE *file = fopen(argv[1], "rb");
  if (!w || !file || fread(w, 36, n, file) != (size_t)n) return 1;
  Result result;
  for (long k = 0; k < repetitions; k++) {
    double start = now();
    measure(w, n, &result);
    printf("%.6f\n", now() - start);
  }
  fprintf(stderr, "%.17g %.17g %ld\n", result.scaled.scatter[0][0], result.raw.scatter[4][4], result.sparse);
  return 0;
}
