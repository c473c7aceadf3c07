// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>

namespace bench {

/// What a client prints last: how much it got, and the most memory that was resident. (What wait4() says of a child's
/// memory includes that of the process which started it.)
inline void report(std::uint64_t messages, std::uint64_t octets)
{
    unsigned long peak = 0;
    if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
        char line[256];
        while (std::fgets(line, sizeof line, status))
            if (std::sscanf(line, "VmHWM: %lu", &peak) == 1)
                break;
        std::fclose(status);
    }
    std::printf("msgs=%ju bytes=%ju peak_kib=%lu\n", std::uintmax_t{messages}, std::uintmax_t{octets}, peak);
}

} // namespace bench
