// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/grammar/base64.hpp>
#include <pop3/secret.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

/// A server's side of CAPA and SCRAM-SHA-256, line by line, by OpenSSL's own means. It announces -PLUS; what it makes of that, the test
/// says.
class scram_server {
public:
    scram_server(std::string password, std::uint32_t iterations)
        : password_(std::move(password)), iterations_(iterations)
    {
    }

    /// The line that answers `line`, or the lines.
    std::string answer(std::string_view line)
    {
        if (line == "CAPA")
            return "+OK\r\nUSER\r\nSASL " + mechanisms + "\r\n.\r\n";
        if (line.starts_with("AUTH ")) {
            const auto name = line.substr(5, line.find(' ', 5) - 5);
            tried.emplace_back(name);
            const auto refusal = refuses ? refuses(tried.back(), false) : std::string();
            return refusal.empty() ? ask(decoded(line.substr(line.rfind(' ') + 1))) : refusal;
        }
        if (line.empty())
            return "+OK\r\n";
        const auto refusal = refuses ? refuses(tried.back(), true) : std::string();
        return refusal.empty() ? judge(decoded(line)) : refusal;
    }

    /// What CAPA says.
    std::string mechanisms = "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN";
    /// What it says instead of going on with a mechanism; empty: it goes on. `proved`: the proof has come.
    std::function<std::string(const std::string& name, bool proved)> refuses;
    /// The names behind AUTH so far.
    std::vector<std::string> tried;
    /// What the last one began with: "n,,".
    std::string flag;
    /// It makes the salt of each login another one.
    bool changes_salt = false;

private:
    static std::string decoded(std::string_view text)
    {
        pop3::detail::wiped_octets octets;
        if (!pop3::grammar::base64_decode(text, octets))
            return {};
        return {octets.begin(), octets.end()};
    }

    static std::string encoded(std::string_view octets)
    {
        pop3::detail::wiped_octets text;
        pop3::grammar::base64_encode(octets, text);
        return {text.begin(), text.end()};
    }

    static std::string hmac(std::string_view key, std::string_view data)
    {
        unsigned char octets[32];
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(data.data()), data.size(), octets, nullptr);
        return {reinterpret_cast<const char*>(octets), sizeof octets};
    }

    std::string ask(const std::string& client_first)
    {
        const auto bare = client_first.find("n=", client_first.find(',') + 1);
        flag = client_first.substr(0, bare);
        first_bare_ = client_first.substr(bare);
        if (changes_salt || salt_.empty())
            salt_ += "salt";
        first_ = first_bare_.substr(first_bare_.find("r=")) + "more,s=" + encoded(salt_) +
                 ",i=" + std::to_string(iterations_);
        return "+ " + encoded(first_) + "\r\n";
    }

    std::string judge(const std::string& client_final)
    {
        const auto without_proof = client_final.substr(0, client_final.find(",p="));
        const auto message = first_bare_ + "," + first_ + "," + without_proof;
        unsigned char salted[32];
        PKCS5_PBKDF2_HMAC(password_.data(), static_cast<int>(password_.size()),
                          reinterpret_cast<const unsigned char*>(salt_.data()),
                          static_cast<int>(salt_.size()), static_cast<int>(iterations_), EVP_sha256(),
                          sizeof salted, salted);
        const std::string_view key(reinterpret_cast<const char*>(salted), sizeof salted);
        auto proof = hmac(key, "Client Key");
        unsigned char stored[32];
        EVP_Digest(proof.data(), proof.size(), stored, nullptr, EVP_sha256(), nullptr);
        const auto signature = hmac({reinterpret_cast<const char*>(stored), sizeof stored}, message);
        for (std::size_t i = 0; i != proof.size(); ++i)
            proof[i] = static_cast<char>(proof[i] ^ signature[i]);
        if (client_final != without_proof + ",p=" + encoded(proof))
            return "-ERR [AUTH] no\r\n";
        return "+ " + encoded("v=" + encoded(hmac(hmac(key, "Server Key"), message))) + "\r\n";
    }

    std::string password_;
    std::string salt_;
    std::string first_bare_;
    std::string first_;
    std::uint32_t iterations_;
};

} // namespace test
