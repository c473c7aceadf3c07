// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/error.hpp>
#include <pop3/grammar/base64.hpp>
#include <pop3/grammar/decimal.hpp>
#include <pop3/limits.hpp>
#include <pop3/password.hpp>
#include <pop3/sasl/channel_binding.hpp>
#include <pop3/sasl/hmac.hpp>
#include <pop3/sasl/mechanism.hpp>
#include <pop3/sasl/octets.hpp>
#include <pop3/sasl/salted_password.hpp>
#include <pop3/sasl/saslname.hpp>
#include <pop3/sasl/scram_attributes.hpp>
#include <pop3/sasl/utf8.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace pop3::sasl {

/// The digests of `scram`.
struct sha_1 {
    /// What SCRAM is called with this digest, and with binding to the channel.
    static constexpr std::string_view scram_name = "SCRAM-SHA-1";
    static constexpr std::string_view scram_plus_name = "SCRAM-SHA-1-PLUS";

    /// That of OpenSSL.
    static const EVP_MD* digest() noexcept
    {
        return EVP_sha1();
    }
};

/// SHA-256 (RFC 7677).
struct sha_256 {
    /// What SCRAM is called with this digest, and with binding to the channel.
    static constexpr std::string_view scram_name = "SCRAM-SHA-256";
    static constexpr std::string_view scram_plus_name = "SCRAM-SHA-256-PLUS";

    /// That of OpenSSL.
    static const EVP_MD* digest() noexcept
    {
        return EVP_sha256();
    }
};

/// SHA-512.
struct sha_512 {
    /// What SCRAM is called with this digest, and with binding to the channel.
    static constexpr std::string_view scram_name = "SCRAM-SHA-512";
    static constexpr std::string_view scram_plus_name = "SCRAM-SHA-512-PLUS";

    /// That of OpenSSL.
    static const EVP_MD* digest() noexcept
    {
        return EVP_sha512();
    }
};

/// A nonce that is known beforehand. For tests only: a login with it can be replayed.
class scram_nonce {
public:
    /// text: printable ASCII without a comma.
    explicit scram_nonce(std::string_view text) : text_(text)
    {
    }

    /// The nonce.
    const std::string& text() const noexcept
    {
        return text_;
    }

private:
    std::string text_;
};

/// SCRAM (RFC 5802; with SHA-256 RFC 7677, with SHA-512 draft-melnikov-scram-sha-512): client and server show each other
/// that they know the password, or what is derived from it. It does not go over the wire.
///
///     C: AUTH SCRAM-SHA-256 <n,,n=name,r=nonce>
///     S: + <r=nonce and more,s=salt,i=iterations>
///     C: <c=biws,r=nonce and more,p=proof>
///     S: + <v=signature>
///     C:
///     S: +OK
///
/// The last message of the server may come with its +OK instead. Without the right signature nobody counts as logged in.
///
/// *Channel binding.* The -PLUS forms bind the login to the TLS connection, so that nobody in between can pass it on
/// ("p=tls-exporter", RFC 9266; "p=tls-server-end-point", RFC 5929). The others say "y" where the client could bind but
/// the server's capabilities have no -PLUS form: a server that has one knows then that somebody struck it out. Where the
/// server announces -PLUS, or it is not known, they say "n": so they work with a server whose -PLUS does not take our
/// type of binding (Cyrus takes tls-unique only, refuses ours, and "y" as well). That second try gives up what -PLUS is
/// for; who wants the binding in any case does not make it.
///
/// *Text.* Names and password must be UTF-8 without control characters. Of SASLprep (RFC 4013), which RFC 5802 wants,
/// nothing more is done: it leaves ASCII as it is, and other characters are sent as they are given, so that who uses them
/// must give them in the form NFKC, without the characters that SASLprep maps to nothing or to a space.
///
/// *Time.* The answer to the server's first message takes as many iterations of HMAC as the server wants, within
/// `limits::scram_max_iterations`. They are computed in the thread that runs the session, but in pieces of less than a
/// millisecond, and other handlers run in between. What comes of it is wiped after use.
///
/// Errors:
/// - `errc::invalid_argument`: name or password is empty, or one of the texts is as said not to be.
/// - `errc::no_channel_binding`: -PLUS, and the stream has nothing to bind to.
/// - `errc::malformed_challenge`: a message of the server's does not follow RFC 5802, section 7, has an extension that
///   must be understood ("m="), or comes out of turn.
/// - `errc::scram_min_iterations_limit`, `errc::scram_max_iterations_limit`.
/// - `errc::server_not_authenticated`: the server's nonce is not made from ours, its signature is wrong, or it said +OK
///   without one.
/// - `std::errc::not_supported`: OpenSSL has no such digest, or no random numbers.
template <class Hash, bool Plus>
class scram {
public:
    static constexpr std::string_view name = Plus ? Hash::scram_plus_name : Hash::scram_name;

    /// `authorize_as` names another user whose maildrop is to be opened, for those who may.
    explicit scram(const password& credentials, std::string_view authorize_as = {})
        : credentials_(credentials), authorize_as_(authorize_as)
    {
    }

    /// For tests.
    scram(const password& credentials, std::string_view authorize_as, const scram_nonce& nonce)
        : credentials_(credentials), authorize_as_(authorize_as), nonce_(nonce.text())
    {
    }

    void bind(const channel_binding& binding, std::optional<bool> announced)
    {
        binding_type_ = binding.data.empty() ? std::string() : binding.type;
        binding_data_.assign(binding.data.begin(), binding.data.end());
        announced_ = announced;
    }

    std::error_code begin(octets& response)
    {
        const auto secret = credentials_.secret().expose();
        if (credentials_.name().empty() || secret.empty() || !is_utf8_text(credentials_.name()) ||
            !is_utf8_text(secret) || !is_utf8_text(authorize_as_))
            return errc::invalid_argument;
        if (Plus && binding_type_.empty())
            return errc::no_channel_binding;
        if (nonce_.empty() && !make_nonce())
            return std::make_error_code(std::errc::not_supported);

        gs2_header_.clear();
        if constexpr (Plus) {
            append(gs2_header_, "p=");
            append(gs2_header_, binding_type_);
        } else {
            append(gs2_header_, !binding_type_.empty() && announced_ == false ? "y" : "n");
        }
        append(gs2_header_, ",");
        if (!authorize_as_.empty()) {
            append(gs2_header_, "a=");
            append_saslname(gs2_header_, authorize_as_);
        }
        append(gs2_header_, ",");

        first_bare_.clear();
        append(first_bare_, "n=");
        append_saslname(first_bare_, credentials_.name());
        append(first_bare_, ",r=");
        append(first_bare_, nonce_);

        append(response, view(gs2_header_));
        append(response, view(first_bare_));
        step_ = step::server_first;
        return {};
    }

    std::error_code respond(std::string_view challenge, octets& response, const limits& bounds)
    {
        switch (std::exchange(step_, step::over)) {
        case step::server_first:
            return answer(challenge, response, bounds);
        case step::server_final:
            return verify_server(challenge);
        default:
            return errc::malformed_challenge;
        }
    }

    bool computing() const noexcept
    {
        return step_ == step::proof;
    }

    std::error_code compute(octets& response)
    {
        if (!salted_.advance(credentials_.secret().expose(), iterations_per_turn)) {
            step_ = step::over;
            return std::make_error_code(std::errc::not_supported);
        }
        return salted_.ready() ? prove(response) : std::error_code();
    }

    std::error_code finish(std::string_view data)
    {
        const auto at = std::exchange(step_, step::over);
        if (at == step::verified)
            return {};
        // Whatever else stands there (servers greet people in that place) is not the signature.
        if (at == step::server_final && !verify_server(data) && step_ == step::verified)
            return {};
        return errc::server_not_authenticated;
    }

    /// The error ("e=", RFC 5802, section 5.1) in the server's last message: "invalid-proof". Empty if there was none.
    const std::string& details() const noexcept
    {
        return details_;
    }

    /// What was computed for this login. Another mechanism that tries the same password goes on from there.
    salted_password& salted() noexcept
    {
        return salted_;
    }

private:
    /// What is to come.
    enum class step { client_first, server_first, proof, server_final, verified, over };

    /// Less than half a millisecond of a processor of today, so that a slow one is not kept for long either.
    static constexpr std::uint32_t iterations_per_turn = 500;

    bool make_nonce()
    {
        std::array<unsigned char, 18> random{};
        if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
            return false;
        octets text;
        grammar::base64_encode({reinterpret_cast<const char*>(random.data()), random.size()}, text);
        nonce_ = view(text);
        return true;
    }

    /// Takes server-first-message, begins client-final-message.
    std::error_code answer(std::string_view server_first, octets& response, const limits& bounds)
    {
        scram_attributes attributes(server_first);
        const auto nonce = attributes.take('r');
        const auto salt_text = attributes.take('s');
        const auto iterations_text = attributes.take('i');
        octets salt;
        if (!nonce || !is_scram_nonce(*nonce) || !salt_text || !grammar::base64_decode(*salt_text, salt) ||
            !iterations_text || !is_scram_number(*iterations_text) || !attributes.only_optional_left())
            return errc::malformed_challenge;
        if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size())
            return errc::server_not_authenticated;
        const auto iterations = grammar::decimal<std::uint32_t>(*iterations_text);
        if (!iterations || *iterations > bounds.scram_max_iterations)
            return errc::scram_max_iterations_limit;
        if (*iterations < bounds.scram_min_iterations)
            return errc::scram_min_iterations_limit;

        octets bound;
        append(bound, view(gs2_header_));
        if constexpr (Plus)
            append(bound, view(binding_data_));
        without_proof_.clear();
        append(without_proof_, "c=");
        grammar::base64_encode(view(bound), without_proof_);
        append(without_proof_, ",r=");
        append(without_proof_, *nonce);

        auth_message_.clear();
        append(auth_message_, view(first_bare_));
        append(auth_message_, ",");
        append(auth_message_, server_first);
        append(auth_message_, ",");
        append(auth_message_, view(without_proof_));

        salted_.start(Hash::digest(), view(salt), *iterations);
        step_ = step::proof;
        return salted_.ready() ? prove(response) : std::error_code();
    }

    /// Ends client-final-message.
    std::error_code prove(octets& response)
    {
        octets proof;
        step_ = step::over;
        if (!make_proof(salted_.get(), view(auth_message_), proof))
            return std::make_error_code(std::errc::not_supported);
        // If the server refuses to bind, the same is needed once more without.
        if constexpr (!Plus)
            salted_ = {};
        response = std::exchange(without_proof_, {});
        append(response, ",p=");
        grammar::base64_encode(view(proof), response);
        step_ = step::server_final;
        return {};
    }

    /// Section 3. Of what follows from the password only the expected signature is kept, and by -PLUS the salted password.
    bool make_proof(std::string_view salted, std::string_view auth_message, octets& proof)
    {
        const auto* const digest = Hash::digest();
        octets client_key;
        octets stored_key(salted.size());
        octets server_key;
        if (!hmac(digest, salted, "Client Key", client_key) ||
            EVP_Digest(client_key.data(), client_key.size(),
                       reinterpret_cast<unsigned char*>(stored_key.data()), nullptr, digest, nullptr) != 1 ||
            !hmac(digest, view(stored_key), auth_message, proof) ||
            !hmac(digest, salted, "Server Key", server_key) ||
            !hmac(digest, view(server_key), auth_message, server_signature_))
            return false;
        for (std::size_t i = 0; i != proof.size(); ++i)
            proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
        return true;
    }

    /// Takes server-final-message. No error, and `step::verified`: the server knows the password. No error, and not that:
    /// it refuses, and says why.
    std::error_code verify_server(std::string_view server_final)
    {
        scram_attributes attributes(server_final);
        if (const auto error = attributes.take('e')) {
            if (!attributes.only_optional_left())
                return errc::malformed_challenge;
            details_ = *error;
            return {};
        }
        const auto verifier = attributes.take('v');
        const auto expected = std::exchange(server_signature_, octets());
        octets signature;
        if (!verifier || !grammar::base64_decode(*verifier, signature) || !attributes.only_optional_left())
            return errc::malformed_challenge;
        if (signature.size() != expected.size() ||
            CRYPTO_memcmp(signature.data(), expected.data(), expected.size()) != 0)
            return errc::server_not_authenticated;
        step_ = step::verified;
        salted_ = {};
        return {};
    }

    password credentials_;
    std::string authorize_as_;
    std::string nonce_;
    std::string binding_type_;
    octets binding_data_;
    octets gs2_header_;
    octets first_bare_;
    octets without_proof_;
    octets auth_message_;
    octets server_signature_;
    salted_password salted_;
    std::string details_;
    std::optional<bool> announced_;
    step step_ = step::client_first;
};

/// The mechanisms by their names; `_plus` is with binding to the channel.
using scram_sha_1 = scram<sha_1, false>;
using scram_sha_256 = scram<sha_256, false>;
using scram_sha_512 = scram<sha_512, false>;
using scram_sha_1_plus = scram<sha_1, true>;
using scram_sha_256_plus = scram<sha_256, true>;
using scram_sha_512_plus = scram<sha_512, true>;

} // namespace pop3::sasl
