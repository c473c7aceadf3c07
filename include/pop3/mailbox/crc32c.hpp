// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3::detail {

/// Tables for eight octets at a time.
constexpr std::array<std::array<std::uint32_t, 256>, 8> make_crc32c_tables() noexcept
{
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t octet = 0; octet != 256; ++octet) {
        std::uint32_t crc = octet;
        for (int bit = 0; bit != 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
        tables[0][octet] = crc;
    }
    for (std::size_t table = 1; table != 8; ++table)
        for (std::size_t octet = 0; octet != 256; ++octet) {
            const auto before = tables[table - 1][octet];
            tables[table][octet] = (before >> 8) ^ tables[0][before & 255];
        }
    return tables;
}

inline constexpr auto crc32c_tables = make_crc32c_tables();

/// The CRC-32C of octets (RFC 3720, section 12.1). OpenSSL has none.
constexpr std::uint32_t crc32c(std::string_view octets) noexcept
{
    const auto at = [&](std::size_t i) {
        return std::uint32_t(static_cast<unsigned char>(octets[i]));
    };
    const auto& t = crc32c_tables;
    std::uint32_t crc = 0xffffffffu;
    std::size_t i = 0;
    for (; octets.size() - i >= 8; i += 8) {
        crc ^= at(i) | at(i + 1) << 8 | at(i + 2) << 16 | at(i + 3) << 24;
        crc = t[7][crc & 255] ^ t[6][(crc >> 8) & 255] ^ t[5][(crc >> 16) & 255] ^ t[4][crc >> 24] ^
              t[3][at(i + 4)] ^ t[2][at(i + 5)] ^ t[1][at(i + 6)] ^ t[0][at(i + 7)];
    }
    for (; i != octets.size(); ++i)
        crc = (crc >> 8) ^ t[0][(crc ^ at(i)) & 255];
    return ~crc;
}

} // namespace pop3::detail
