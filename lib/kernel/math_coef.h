/* math_coef.h - coefficients of exp, erf and tanh; written by fit_math.py */
#ifndef KERNEL_MATH_COEF_H
#define KERNEL_MATH_COEF_H

#define LN2_HI    0x1.62e43p-1f
#define LN2_LO    -0x1.05c61p-29f
#define LOG2_E    0x1.715476p+0f
#define SQRT_HALF 0x1.6a09e6p-1f

/* (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; weighted error 3.1e-09 */
#define EXP_0 0x1.fffffcp-2f
#define EXP_1 0x1.555492p-3f
#define EXP_2 0x1.5558aep-5f
#define EXP_3 0x1.12398p-7f
#define EXP_4 0x1.6a4f28p-10f

/* (tanh(x)/x - 1) / x^2 in x^2, for |x| < 0.5625; weighted error 1.4e-09 */
#define TANH_0 -0x1.555548p-2f
#define TANH_1 0x1.110c62p-3f
#define TANH_2 -0x1.b906eap-5f
#define TANH_3 0x1.581e7ep-6f
#define TANH_4 -0x1.94a92ep-8f

/* erf(x)/x - 1 in x^2, for |x| < 0.90625; weighted error 8.8e-10 */
#define ERF_0 0x1.06eba8p-3f
#define ERF_1 -0x1.81274p-2f
#define ERF_2 0x1.ce2d62p-4f
#define ERF_3 -0x1.b800b6p-6f
#define ERF_4 0x1.5443d8p-8f
#define ERF_5 -0x1.a5bab6p-11f
#define ERF_6 0x1.4e0c3ep-14f

/* log(erfc(t)) for 0.90625 <= t <= 4, weighted by erfc(t); weighted error 1.6e-09 */
#define ERFC_0 -0x1.86f7b6p-13f
#define ERFC_1 -0x1.20b1c2p+0f
#define ERFC_2 -0x1.4634f6p-1f
#define ERFC_3 -0x1.a9e8b6p-4f
#define ERFC_4 0x1.6c8bccp-6f
#define ERFC_5 -0x1.8f9d6ap-9f
#define ERFC_6 0x1.9c10bcp-13f

/* 65535 * 2^-f for 0 <= f < 1, by terms of alternating signs; weighted error 7.5e-05 */
#define WEIGHT_0 65530
#define WEIGHT_1 45286
#define WEIGHT_2 15078
#define WEIGHT_3 2557

#define GELU_SCALE 0x1.41cfeap-2f
#define GELU_FAR   0x1.6a09e6p+0f
/* (normal CDF of s / 0.314 - 1/2) / s in s^2 - 1, s^2 <= 2; weighted error 8.2e-06 */
#define GELU_0 0x1.ff417ap-2f
#define GELU_1 -0x1.f6fa88p-3f
#define GELU_2 0x1.64418cp-3f
#define GELU_3 -0x1.06a91ap-3f
#define GELU_4 0x1.7586f4p-4f
#define GELU_5 -0x1.d8d13p-5f
#define GELU_6 0x1.05f992p-5f
#define GELU_7 -0x1.5bf36ap-6f
#define GELU_8 0x1.ec8956p-7f
#define GELU_9 -0x1.4c9a8cp-8f

#define GELU8_FAR 0x1p+2f
/* -(1 - normal CDF of a), 0 <= a <= 4; weighted error 1.3e-04 */
#define GELU8_0 -0x1.fc88d2p-2f
#define GELU8_1 0x1.7b0b2ap-2f
#define GELU8_2 0x1.52191ap-4f
#define GELU8_3 -0x1.6b92fap-3f
#define GELU8_4 0x1.3b4952p-4f
#define GELU8_5 -0x1.fc620ep-7f
#define GELU8_6 0x1.85bcecp-10f
#define GELU8_7 -0x1.b3c808p-15f

#endif
