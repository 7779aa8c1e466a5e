/* Trainings with plain Python floats, written by tests/bench/floats.py: don't edit. */
/* clang-format off */
#ifndef TESTS_BENCH_FLOATS_H
#define TESTS_BENCH_FLOATS_H

#include <stdint.h>

enum { FLOATS_EPOCHS = 7 };

/* What a work's first run comes to after these epochs. */
struct floats {
    const char *key; /* of the work */
    double losses[FLOATS_EPOCHS];
    double first;          /* the first parameter */
    uint64_t fingerprint;  /* of all parameters: FNV-1a over their bytes, little-endian */
};

static const struct floats floats_of_python[] = {
    {"one_run",
     {0x1.2adcb7a98b716p+7,
     0x1.1b6719ecc7b6ap+7,
     0x1.0a90762df127bp+7,
     0x1.f0d63572bff13p+6,
     0x1.ca606d33b066fp+6,
     0x1.a2550ca261c4fp+6,
     0x1.7992d97caea28p+6},
     -0x1.57dfca26fc182p-3, 0xb5c3373072e41d40},
    {"one_run_4_samples",
     {0x1.6a0b05717646ap+7,
     0x1.6947a2cc2c244p+7,
     0x1.688371a09903cp+7,
     0x1.67be7152d3832p+7,
     0x1.66f8a14ea8680p+7,
     0x1.66320107ae688p+7,
     0x1.656a8ff959fbbp+7},
     -0x1.e33ee8ec91cddp-3, 0xce61112d1db6bc19},
    {"one_run_shuffled",
     {0x1.2adc3386e53afp+7,
     0x1.1b65c227180cfp+7,
     0x1.0a8d53aa18da6p+7,
     0x1.f0c67f57280fbp+6,
     0x1.ca478e5ad4766p+6,
     0x1.a22616e122c44p+6,
     0x1.7949a59b4f0f1p+6},
     -0x1.57ad031339e0dp-3, 0xcd0b09dc6016a522},
    {"one_run_batch_100",
     {0x1.3203392042e2fp+7,
     0x1.31df0aff47701p+7,
     0x1.31bad4412c206p+7,
     0x1.319694e41d08ap+7,
     0x1.31724ce649932p+7,
     0x1.314dfc45e4807p+7,
     0x1.3129a30123eb4p+7},
     -0x1.e81211fa91565p-3, 0x789ccaa94b45d2bc},
    {"one_run_2881",
     {0x1.432ddbb81cc36p+7,
     0x1.2eb1c5c18fd56p+7,
     0x1.16438f4679cb1p+7,
     0x1.f45876fe828dbp+6,
     0x1.b6fef194e84d1p+6,
     0x1.75d24af1a2e43p+6,
     0x1.33999feae818cp+6},
     -0x1.e556e4bb88faep-3, 0xaed76795cc30769f},
    {"one_run_2881_batch_32",
     {0x1.4be535d93be9ap+7,
     0x1.4b1eac3021423p+7,
     0x1.4a5750ed3209fp+7,
     0x1.498f4bb064036p+7,
     0x1.48c6952d02c6dp+7,
     0x1.47fd2b5edcf78p+7,
     0x1.4733091239289p+7},
     -0x1.e9553261be95bp-3, 0xa3671dbb2b0e8fb4},
    {"one_run_64_128_10",
     {0x1.6f89d4a292a3cp+7,
     0x1.6f1148627199cp+7,
     0x1.6e980485c04e9p+7,
     0x1.6e1e35d8e6f06p+7,
     0x1.6da34da195a8fp+7,
     0x1.6d265d49fbf72p+7,
     0x1.6ca67e1202b8ep+7},
     -0x1.63e8b9c2c0e14p-5, 0x9266da8dfc56f603},
    {"one_run_64_128_10_batch_32",
     {0x1.6fc38fbb77ee3p+7,
     0x1.6fbecb4fc87e8p+7,
     0x1.6fba07ba301d8p+7,
     0x1.6fb5437b4564dp+7,
     0x1.6fb07da190984p+7,
     0x1.6fabb59beeea3p+7,
     0x1.6fa6ee5561b84p+7},
     -0x1.5b748fbaaa3cdp-5, 0xf9eb262136975bff},
    {"one_run_784_128_10_batch_128",
     {0x1.7e865d557e84ap+7,
     0x1.7e826867045b1p+7,
     0x1.7e7e73af81d28p+7,
     0x1.7e7a7ed490bb4p+7,
     0x1.7e7689dbc872dp+7,
     0x1.7e7294cf1ea1cp+7,
     0x1.7e6e9fae3b0a5p+7},
     -0x1.5b2a1e1193081p-5, 0xcdfa99f9ebd5520e},
    {.key = 0},
};

#endif
