// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/testing/require.hpp>
#include <pop3/testing/server_sasl.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pop3::testing::detail {

// OpenSSL wants its octets unsigned.
inline const unsigned char* octets_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

POP3_TESTING_DECL unsigned char* octets_of(std::string& text)
{
    return reinterpret_cast<unsigned char*>(text.data());
}

POP3_TESTING_DECL std::string random_octets(std::size_t size)
{
    std::string result(size, '\0');
    require(RAND_bytes(octets_of(result), static_cast<int>(size)) == 1, "random numbers");
    return result;
}

POP3_TESTING_DECL std::string digest(const EVP_MD* type, std::string_view text)
{
    std::string result(static_cast<std::size_t>(EVP_MD_get_size(type)), '\0');
    require(EVP_Digest(text.data(), text.size(), octets_of(result), nullptr, type, nullptr) == 1, "digest");
    return result;
}

POP3_TESTING_DECL std::string hmac(const EVP_MD* type, std::string_view key, std::string_view text)
{
    std::string result(static_cast<std::size_t>(EVP_MD_get_size(type)), '\0');
    require(HMAC(type, key.data(), static_cast<int>(key.size()), octets_of(text), text.size(),
                 octets_of(result), nullptr) != nullptr,
            "HMAC");
    return result;
}

POP3_TESTING_DECL std::string to_hex(std::string_view octets)
{
    std::string result;
    for (const char c : octets)
        for (const unsigned digit :
             {static_cast<unsigned char>(c) / 16u, static_cast<unsigned char>(c) % 16u})
            result += "0123456789abcdef"[digit];
    return result;
}

POP3_TESTING_DECL std::string to_base64(std::string_view octets)
{
    std::string result((octets.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a NUL.
    EVP_EncodeBlock(octets_of(result), octets_of(octets), static_cast<int>(octets.size()));
    result.pop_back();
    return result;
}

POP3_TESTING_DECL std::optional<std::string> from_base64(std::string_view text)
{
    std::string result(text.size() / 4 * 3, '\0');
    if (text.size() % 4 != 0 ||
        EVP_DecodeBlock(octets_of(result), octets_of(text), static_cast<int>(text.size())) < 0)
        return std::nullopt;
    for (; text.ends_with('='); text.remove_suffix(1)) // They stand for octets that are not there.
        result.pop_back();
    return result;
}

POP3_TESTING_DECL sasl_step challenge(std::string text)
{
    return {std::move(text), std::nullopt};
}

POP3_TESTING_DECL sasl_step accept(std::string name)
{
    return {std::nullopt, std::move(name)};
}

POP3_TESTING_DECL sasl_step deny()
{
    return {};
}

// RFC 4616: authorization identity NUL name NUL password.
POP3_TESTING_DECL sasl_login plain(password_finder find)
{
    return [find = std::move(find)](const std::string& response) {
        const auto first = response.find('\0');
        const auto second = first == response.npos ? first : response.find('\0', first + 1);
        if (second == response.npos)
            return deny();
        const std::string name = response.substr(first + 1, second - first - 1);
        const std::string acts_for = response.substr(0, first);
        const bool authentic = find(name) == response.substr(second + 1);
        return authentic && (acts_for.empty() || acts_for == name) ? accept(name) : deny();
    };
}

POP3_TESTING_DECL sasl_login login(password_finder find)
{
    return [find = std::move(find), step = 0, name = std::string()](const std::string& response) mutable {
        switch (step++) {
        case 0:
            return challenge("User Name");
        case 1:
            name = response;
            return challenge("Password");
        default:
            return find(name) == response ? accept(name) : deny();
        }
    };
}

/// What follows `key` in a message whose fields end in ^A, or in `,` behind the name in the header of RFC 7628.
POP3_TESTING_DECL std::string field(std::string_view message, std::string_view key)
{
    const auto found = message.find(key);
    if (found == message.npos)
        return {};
    message.remove_prefix(found + key.size());
    return std::string(message.substr(0, message.find_first_of(",\x01")));
}

/// A bearer token, wherever the name stands. Who is refused is told why, answers that, and is refused then.
POP3_TESTING_DECL sasl_login bearer(password_finder find, std::string_view name_key)
{
    return [find = std::move(find), name_key, told = false](const std::string& response) mutable {
        if (told)
            return deny();
        const std::string name = field(response, name_key);
        const auto token = find(name);
        if (token && !token->empty() && field(response, "auth=Bearer ") == *token)
            return accept(name);
        told = true;
        return challenge("{\"status\":\"invalid_token\"}");
    };
}

/// RFC 7628: n,a=name,^Ahost=...^Aport=...^Aauth=Bearer token^A^A
POP3_TESTING_DECL sasl_login oauthbearer(password_finder find)
{
    return bearer(std::move(find), "a=");
}

/// Google's: user=name^Aauth=Bearer token^A^A
POP3_TESTING_DECL sasl_login xoauth2(password_finder find)
{
    return bearer(std::move(find), "user=");
}

// RFC 2195: the response is a name, and the HMAC of the challenge under the password.
POP3_TESTING_DECL sasl_login cram_md5(password_finder find)
{
    const std::string text = '<' + to_hex(random_octets(16)) + "@localhost>";
    return [find = std::move(find), text, asked = false](const std::string& response) mutable {
        if (!std::exchange(asked, true))
            return challenge(text);
        const std::string name = response.substr(0, response.rfind(' '));
        const auto password = find(name);
        return password && response == name + ' ' + to_hex(hmac(EVP_md5(), *password, text)) ? accept(name)
                                                                                             : deny();
    };
}

// RFC 5802 and 7677, without channel binding. (Names with "," or "=", which are escaped, are not known here.)
class scram_sha_256 {
public:
    explicit scram_sha_256(password_finder find) : find_(std::move(find))
    {
    }

    sasl_step operator()(const std::string& response)
    {
        switch (step_++) {
        case 0:
            return answer_first(response);
        case 1:
            return answer_final(response);
        default: // The client has seen the signature.
            return authentic_ ? accept(name_) : deny();
        }
    }

private:
    // n,,n=name,r=nonce. In front may stand a "y" as well: the client can bind to the channel, and has seen that we cannot.
    sasl_step answer_first(const std::string& message)
    {
        if (!message.starts_with("n,,") && !message.starts_with("y,,"))
            return deny();
        header_ = message.substr(0, 3);
        client_first_ = message.substr(3);
        name_ = attribute(client_first_, 'n');
        nonce_ = attribute(client_first_, 'r') + to_base64(random_octets(18));
        server_first_ = "r=" + nonce_ + ",s=" + to_base64(salt_) + ",i=" + std::to_string(iterations);
        return challenge(server_first_);
    }

    // c=header,r=nonce,p=proof
    sasl_step answer_final(const std::string& message)
    {
        const std::string signed_by_both =
            client_first_ + ',' + server_first_ + ',' + message.substr(0, message.rfind(",p="));
        // The work is the same for a name that does not exist.
        const auto password = find_(name_);
        std::string salted(32, '\0');
        const std::string& text = password ? *password : name_;
        require(PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()),
                                  octets_of(std::string_view(salt_)), static_cast<int>(salt_.size()),
                                  iterations, EVP_sha256(), static_cast<int>(salted.size()),
                                  octets_of(salted)) == 1,
                "PBKDF2");
        const std::string client_key = hmac(EVP_sha256(), salted, "Client Key");
        std::string proof = hmac(EVP_sha256(), digest(EVP_sha256(), client_key), signed_by_both);
        for (std::size_t i = 0; i < proof.size(); ++i)
            proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
        authentic_ = password && attribute(message, 'c') == to_base64(header_) &&
                     attribute(message, 'r') == nonce_ && attribute(message, 'p') == to_base64(proof);
        if (!authentic_)
            return challenge("e=invalid-proof");
        // Now the server shows that it knows the password as well.
        const std::string server_key = hmac(EVP_sha256(), salted, "Server Key");
        return challenge("v=" + to_base64(hmac(EVP_sha256(), server_key, signed_by_both)));
    }

    static std::string attribute(std::string_view message, char key)
    {
        while (!message.empty()) {
            const auto one = message.substr(0, message.find(','));
            if (one.size() >= 2 && one[0] == key && one[1] == '=')
                return std::string(one.substr(2));
            message.remove_prefix(std::min(one.size() + 1, message.size()));
        }
        return {};
    }

    static constexpr int iterations = 4096;

    password_finder find_;
    std::string salt_ = random_octets(16);
    int step_ = 0;
    std::string header_;
    std::string client_first_;
    std::string server_first_;
    std::string name_;
    std::string nonce_;
    bool authentic_ = false;
};

POP3_TESTING_DECL const std::array<sasl_mechanism, 6>& sasl_mechanisms()
{
    static constexpr std::array<sasl_mechanism, 6> all{{
        {"SCRAM-SHA-256", true, false,
         [](password_finder find) {
             return sasl_login(scram_sha_256(std::move(find)));
         }},
        {"CRAM-MD5", false, false, cram_md5},
        {"PLAIN", true, false, plain},
        {"LOGIN", false, false, login},
        {"OAUTHBEARER", true, true, oauthbearer},
        {"XOAUTH2", true, true, xoauth2},
    }};
    return all;
}

} // namespace pop3::testing::detail
