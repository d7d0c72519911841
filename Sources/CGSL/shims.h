#ifndef SIMK_CGSL_SHIMS_H
#define SIMK_CGSL_SHIMS_H

#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <gsl/gsl_statistics_double.h>
#include <gsl/gsl_version.h>

/// Makes GSL report errors by its results (NaN, infinity) instead of ending the process.
static inline void simk_gsl_errors_off(void) { gsl_set_error_handler_off(); }

// The C library's elementary functions, for floors that import no C library of their own.
static inline double simk_exp(double x) { return exp(x); }
static inline double simk_log(double x) { return log(x); }
static inline double simk_pow(double x, double y) { return pow(x, y); }

#endif
