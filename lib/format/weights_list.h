/*
 * weights_list.h - every weight format, in the order in which a folder is searched
 *
 * weights_build.h says what FORMAT(f) stands for. Included more than once.
 */
FORMAT(safet)
FORMAT(shards)
FORMAT(gguf)
