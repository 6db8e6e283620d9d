#!/usr/bin/env python3
"""fit_math.py - fit the polynomials of lib/kernel/math_coef.h (needs numpy, mpmath)

    tests/kernel/fit_math.py > lib/kernel/math_coef.h

Each function is a weighted minimax problem on one interval: Lawson's iteration over
Chebyshev points (weighted least squares whose weights grow where the error is large),
then the coefficients are rounded to f32 one at a time, the most important first, and
the others are fitted again to make up for it. The printed bound is the error of the
polynomial with its rounded coefficients, evaluated exactly; the error of the f32
evaluation as a whole is measured over all inputs by tests/kernel/check_math.c.
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 40


def nodes(lo, hi, count=600):
    i = np.arange(count)
    x = np.cos(np.pi * (i + 0.5) / count)
    return (lo + hi) / 2 + (hi - lo) / 2 * x


def lawson(basis, target, weight, fixed, steps=60):
    """Coefficients c that minimise max |(basis @ c - target) * weight|."""
    free = [j for j in range(basis.shape[1]) if j not in fixed]
    known = [basis[:, j] * v for j, v in fixed.items()]
    rest = target - sum(known, np.zeros(len(target)))
    if not free:
        return np.array([fixed[j] for j in range(basis.shape[1])])
    importance = np.ones(len(target))
    best, best_err = None, np.inf
    for _ in range(steps):
        s = weight * np.sqrt(importance)
        sol = np.linalg.lstsq(basis[:, free] * s[:, None], rest * s, rcond=None)[0]
        err = np.abs((basis[:, free] @ sol - rest) * weight)
        if err.max() < best_err:
            best, best_err = sol, err.max()
        importance *= 0.05 + err / err.max()
        importance /= importance.sum()
    c = np.zeros(basis.shape[1])
    c[free] = best
    for j, v in fixed.items():
        c[j] = v
    return c


def fit(f, w, lo, hi, degree):
    """f(x) on [lo, hi] by a polynomial in x with f32 coefficients; w(x): weight."""
    x = nodes(lo, hi)
    basis = np.vander(x, degree + 1, increasing=True)
    target = np.array([float(f(mp.mpf(float(v)))) for v in x])
    weight = np.array([float(w(mp.mpf(float(v)))) for v in x])
    fixed = {}
    for j in range(degree + 1):
        c = lawson(basis, target, weight, fixed)
        fixed[j] = float(np.float32(c[j]))
    c = [fixed[j] for j in range(degree + 1)]
    return c, float(np.max(np.abs((basis @ np.array(c) - target) * weight)))


def hexf(v):
    """A C literal without the zeros that float.hex() pads with."""
    digits, exponent = float(v).hex().split("p")
    return f"{digits.rstrip('0').rstrip('.')}p{exponent}f"


def emit(name, text, c, err):
    print(f"/* {text}; weighted error {err:.1e} */")
    for j, v in enumerate(c):
        print(f"#define {name}_{j} {hexf(v)}")
    print()


def split(x):
    """x as an f32 and an f32 of what is left."""
    hi = np.float32(float(x))
    return float(hi), float(np.float32(float(x - mp.mpf(float(hi)))))


def main():
    ln2_hi, ln2_lo = split(mp.log(2))
    print("/* math_coef.h - coefficients of exp, erf and tanh; written by fit_math.py */")
    print("#ifndef KERNEL_MATH_COEF_H\n#define KERNEL_MATH_COEF_H\n")
    print(f"#define LN2_HI    {hexf(ln2_hi)}\n#define LN2_LO    {hexf(ln2_lo)}")
    print(f"#define LOG2_E    {hexf(np.float32(float(1 / mp.log(2))))}")
    print(f"#define SQRT_HALF {hexf(np.float32(float(mp.sqrt(0.5))))}\n")

    half = float(mp.log(2)) / 2 * 1.0001
    c, err = fit(lambda r: (mp.expm1(r) - r) / r**2 if r else mp.mpf("0.5"),
                 lambda r: r**2 / mp.exp(r), -half, half, 4)
    emit("EXP", "(e^r - 1 - r) / r^2 for |r| <= ln(2)/2", c, err)

    small = 0.5625
    c, err = fit(lambda u: (mp.tanh(mp.sqrt(u)) / mp.sqrt(u) - 1) / u,
                 lambda u: u / (mp.tanh(mp.sqrt(u)) / mp.sqrt(u)), 1e-9, small**2, 4)
    emit("TANH", f"(tanh(x)/x - 1) / x^2 in x^2, for |x| < {small}", c, err)

    edge = 0.90625
    c, err = fit(lambda u: mp.erf(mp.sqrt(u)) / mp.sqrt(u) - 1,
                 lambda u: 1 / (mp.erf(mp.sqrt(u)) / mp.sqrt(u)), 1e-9, edge**2, 6)
    emit("ERF", f"erf(x)/x - 1 in x^2, for |x| < {edge}", c, err)

    c, err = fit(lambda t: mp.log(mp.erfc(t)), mp.erfc, edge, 4.0, 6)
    emit("ERFC", f"log(erfc(t)) for {edge} <= t <= 4, weighted by erfc(t)", c, err)
    # In whole numbers of 16 bits, of which the first is the largest: f of 2^16, and what
    # is behind the point of a product falls off.
    c, err = fit(lambda f: mp.mpf(2)**-f, lambda f: mp.mpf(2)**f, 0, 1, 3)
    print(f"/* 65535 * 2^-f for 0 <= f < 1, by terms of alternating signs; weighted error {err:.1e} */")
    for j, v in enumerate(c):
        print(f"#define WEIGHT_{j} {round(abs(v) * 65535)}")
    print()

    # In u, which is centred, so that the terms stay small. The last point is where |x|
    # is cut: what is missing there is multiplied by any x.
    far, root2 = 4.5, mp.sqrt(2)
    c, err = fit(lambda u: mp.erf(far * mp.sqrt((u + 1) / 4)) / mp.erf(far / root2) / mp.sqrt(u + 1) / 2,
                 lambda u: far * max(u + 1, mp.mpf("0.02")) / root2 * (20 if u > 0.99999 else 1),
                 -1 + 1e-9, 1.0, 9)
    print(f"#define GELU_SCALE {hexf(np.float32(float(root2 / far)))}")
    print(f"#define GELU_FAR   {hexf(np.float32(float(root2)))}")
    emit("GELU", f"(normal CDF of s / {float(root2 / far):.3f} - 1/2) / s in s^2 - 1, s^2 <= 2", c, err)
    # Of a itself, which the error is multiplied by; at the last point it is for any x.
    far = 4.0
    c, err = fit(lambda a: -mp.erfc(a / root2) / 2, lambda a: a + 1e-9 if a < far * 0.999 else 3 * far, 0, far, 7)
    print(f"#define GELU8_FAR {hexf(far)}")
    emit("GELU8", f"-(1 - normal CDF of a), 0 <= a <= {far:.0f}", c, err)
    print("#endif")


main()
