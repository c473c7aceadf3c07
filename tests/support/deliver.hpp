// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/simulated_disk.hpp"

#include <pop3/mailbox/mail_delivery.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace test {

/// A message for a delivery.
struct mail {
    std::string unique_id;
    std::string octets;
    std::uint32_t ordinal = 1;
    bool headers = false;
    std::string account = "alice";
};

/// Gives one to a delivery, in pieces.
template <class Delivery>
std::error_code give(Delivery& to, const mail& m, std::size_t piece = 4096)
{
    std::error_code ec;
    pop3::arriving_message about;
    about.account = m.account;
    about.key = {m.unique_id, m.ordinal};
    about.headers = m.headers;
    about.number = 1;
    to.begin(about, ec);
    for (std::size_t at = 0; !ec && at < m.octets.size(); at += piece)
        to.write(std::string_view(m.octets).substr(at, piece), ec);
    if (!ec)
        to.end(ec);
    if (ec)
        to.discard();
    return ec;
}

/// The octets of all files in a folder, sorted.
inline std::vector<std::string> octets_in(const simulated_disk& disk, const std::string& path)
{
    std::vector<std::string> all;
    for (const auto& [name, octets] : disk.files_in(path))
        all.push_back(octets);
    std::sort(all.begin(), all.end());
    return all;
}

/// Unique-ids that a server may have made to do harm.
inline std::vector<std::string> hostile_unique_ids()
{
    return {"../../etc/passwd",
            "/",
            "a/b",
            std::string("\0nul", 4),
            "\x80\xff",
            std::string(10'000, 'u'),
            ".",
            "..",
            "CON",
            "a:2,S",
            "-rf",
            " ",
            "a\nb",
            "%2e",
            "a.eml",
            "~",
            "a-copy2"};
}

/// All that can happen to an operation.
inline constexpr std::array every_fault{
    simulated_disk::fault::none,        simulated_disk::fault::error,
    simulated_disk::fault::interrupted, simulated_disk::fault::short_write,
    simulated_disk::fault::kill,        simulated_disk::fault::power_cut,
    simulated_disk::fault::kill_after,  simulated_disk::fault::power_cut_after};

} // namespace test
