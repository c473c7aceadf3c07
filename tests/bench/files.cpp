// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// files FOLDER COUNT OCTETS
//
// What a delivery into a Maildir costs the system at least: writes files in FOLDER/mail/tmp, syncs each, moves it to new, and
// syncs that folder, all of it for 100 files at a time, which the disk may write together. Nothing is received, and nothing
// remembered. Prints what it wrote as the client does.

#include "report.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

int require(int result, const char* what)
{
    if (result < 0) {
        std::perror(what);
        std::exit(1);
    }
    return result;
}

int make_folder(const std::string& path)
{
    require(::mkdir(path.c_str(), 0700), "mkdir");
    return require(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open");
}

/// It stays open.
int write_file(int folder, const char* name, const std::vector<char>& octets)
{
    constexpr std::size_t piece = 65536;
    const int file = require(::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "open");
    for (std::size_t at = 0; at != octets.size();) {
        const auto n = ::write(file, octets.data() + at, std::min(piece, octets.size() - at));
        at += static_cast<std::size_t>(require(static_cast<int>(n), "write"));
    }
    ::sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
    return file;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::fputs("usage: files FOLDER COUNT OCTETS\n", stderr);
        return 2;
    }
    constexpr std::uint64_t batch = 100;
    const std::uint64_t count = std::strtoul(argv[2], nullptr, 10);
    const std::vector<char> octets(std::strtoul(argv[3], nullptr, 10), 'x');
    const std::string mail = std::string(argv[1]) + "/mail";
    make_folder(mail);
    make_folder(mail + "/cur");
    const int written_in = make_folder(mail + "/tmp");
    const int delivered_to = make_folder(mail + "/new");
    std::vector<int> files;
    for (std::uint64_t begin = 0; begin < count; begin += batch) {
        const auto end = std::min(begin + batch, count);
        for (auto i = begin; i != end; ++i)
            files.push_back(write_file(written_in, std::to_string(i).c_str(), octets));
        for (const int file : files) {
            require(::fdatasync(file), "fdatasync");
            ::close(file);
        }
        files.clear();
        for (auto i = begin; i != end; ++i) {
            const auto name = std::to_string(i);
            require(::renameat(written_in, name.c_str(), delivered_to, name.c_str()), "rename");
        }
        require(::fsync(delivered_to), "fsync");
    }
    bench::report(count, count * octets.size());
}
