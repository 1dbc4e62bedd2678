// The fused pass in C, everything in double, one filter at a time. bench/peers.ts builds it with gcc -O3 -march=native.
//   peer <file of float32> <layers> <filters per layer>
// reads a line `plain` or `tuned`, measures all layers so, answers with the milliseconds of processor time and a number to compare.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
  long count;
  double mean[9], scatter[9][9];
} Set;

typedef struct {
  double peak, absolute, deviation;
  long sparse;
  Set scaled, raw, clean;
} Result;

static void finish(Set *set) {
  if (!set->count) return;
  for (int i = 0; i < 9; i++) set->mean[i] /= set->count;
  for (int i = 0; i < 9; i++)
    for (int j = i; j < 9; j++) {
      set->scatter[i][j] -= set->count * set->mean[i] * set->mean[j];
      set->scatter[j][i] = set->scatter[i][j];
    }
}

static double scan(const float *w, long n, Result *r) {
  float peak = 0;
  double sum = 0, absolute = 0;
  for (long i = 0; i < 9 * n; i++) {
    float a = fabsf(w[i]);
    if (a > peak) peak = a;
    sum += w[i];
    absolute += a;
  }
  r->peak = peak;
  r->absolute = absolute;
  return sum / (9 * n);
}

// As it is first written down.
static void add(Set *set, const double *x) {
  set->count++;
  for (int i = 0; i < 9; i++) set->mean[i] += x[i];
  for (int i = 0; i < 9; i++)
    for (int j = i; j < 9; j++) set->scatter[i][j] += x[i] * x[j];
}

static void plain(const float *w, long n, Result *r) {
  memset(r, 0, sizeof *r);
  double mean = scan(w, n, r), limit = r->peak / 100.0;
  for (long f = 0; f < n; f++, w += 9) {
    double x[9], s[9];
    float top = 0;
    for (int j = 0; j < 9; j++) {
      x[j] = w[j];
      float a = fabsf(w[j]);
      if (a > top) top = a;
      r->deviation += fabs(x[j] - mean);
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
  finish(&r->scaled);
  finish(&r->raw);
  finish(&r->clean);
}

// With care: sets of its own that nothing else points to, two instead of three for each filter, one division, and whole
// rows of products, which gcc vectorises.
static inline void addWhole(Set *restrict set, const double *restrict x) {
  set->count++;
  for (int i = 0; i < 9; i++) set->mean[i] += x[i];
  for (int i = 0; i < 9; i++)
    for (int j = 0; j < 9; j++) set->scatter[i][j] += x[i] * x[j];
}

static void tuned(const float *restrict w, long n, Result *r) {
  Set scaled = {0}, clean = {0}, sparse = {0};
  double mean = scan(w, n, r), limit = r->peak / 100.0, deviation = 0;
  for (long f = 0; f < n; f++, w += 9) {
    double x[9], s[9];
    float top = 0;
    for (int j = 0; j < 9; j++) {
      x[j] = w[j];
      float a = fabsf(w[j]);
      if (a > top) top = a;
      deviation += fabs(x[j] - mean);
    }
    if (top <= limit) {
      addWhole(&sparse, x);
      continue;
    }
    addWhole(&clean, x);
    double inverse = 1.0 / top;
    for (int j = 0; j < 9; j++) s[j] = x[j] * inverse;
    addWhole(&scaled, s);
  }
  r->deviation = deviation;
  r->sparse = sparse.count;
  r->scaled = scaled;
  r->raw = clean;
  r->clean = clean;
  r->raw.count += sparse.count;
  for (int i = 0; i < 9; i++) r->raw.mean[i] += sparse.mean[i];
  for (int i = 0; i < 81; i++) r->raw.scatter[i / 9][i % 9] += sparse.scatter[i / 9][i % 9];
  finish(&r->scaled);
  finish(&r->raw);
  finish(&r->clean);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long layers = atol(argv[2]), filters = atol(argv[3]);
  float *w = malloc(layers * filters * 36);
  FILE *file = fopen(argv[1], "rb");
  if (!w || !file || fread(w, 36, layers * filters, file) != (size_t)(layers * filters)) return 1;
  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    Result r;
    double sum = 0, start = now();
    for (long k = 0; k < layers; k++) {
      if (line[0] == 'p') plain(w + k * filters * 9, filters, &r);
      else tuned(w + k * filters * 9, filters, &r);
      sum += r.scaled.scatter[0][1] + r.raw.scatter[4][4] + r.clean.scatter[8][8] + r.deviation + r.sparse;
    }
    printf("%.6f %.17g\n", now() - start, sum);
    fflush(stdout);
  }
  return 0;
}
