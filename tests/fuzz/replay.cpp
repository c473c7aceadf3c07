// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Runs a fuzzer over the files of its corpus, and over each cut short anywhere, with any compiler: replay DIRECTORY

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv)
{
    std::size_t files = 0;
    for (int i = 1; i != argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::vector<char> octets{std::istreambuf_iterator<char>(file), {}};
            for (std::size_t size = 0; size <= octets.size(); ++size)
                LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), size);
            ++files;
        }
    }
    std::cout << files << " files\n";
    return files == 0;
}
