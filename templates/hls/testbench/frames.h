// Files of int8 values, as the testbenches read and write them.
#ifndef EDGEPACK_FRAMES_H
#define EDGEPACK_FRAMES_H

#include <stdio.h>
#include <stdlib.h>

#include <string>
#include <vector>

typedef std::vector<signed char> values;

inline values load(const std::string &path) {
    FILE *file = fopen(path.c_str(), "rb");
    if (!file) {
        fprintf(stderr, "can't read %s\n", path.c_str());
        exit(2);
    }
    values content;
    signed char block[4096];
    size_t count = 0;
    while ((count = fread(block, 1, sizeof block, file)) > 0) {
        content.insert(content.end(), block, block + count);
    }
    fclose(file);
    return content;
}

inline void save(const std::string &path, const values &content) {
    FILE *file = fopen(path.c_str(), "wb");
    if (!file || fwrite(content.data(), 1, content.size(), file) != content.size() || fclose(file) != 0) {
        fprintf(stderr, "can't write %s\n", path.c_str());
        exit(2);
    }
}

#endif
