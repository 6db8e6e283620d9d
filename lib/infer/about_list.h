/*
 * about_list.h - the kinds of model files that can be looked into, in the order in
 * which they are asked
 *
 * about.h says what ABOUT(f) stands for. Included more than once.
 */
ABOUT(abouthf)
ABOUT(aboutgguf)
ABOUT(aboutsafet)
