// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/throw_error.hpp>
#include <pop3/tls/identity.hpp>
#include <pop3/tls/pem_block.hpp>
#include <pop3/tls/pointer.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3::detail {

/// The certificates of a PEM file, each of which is parsed when it is first wanted: a system trusts some hundred and fifty
/// authorities, and a program needs one of them. Used from several threads at once; what it gives out never changes.
class tls_root_file {
public:
    explicit tls_root_file(std::string text) : text_(std::move(text))
    {
    }

    tls_root_file(const tls_root_file&) = delete;
    tls_root_file& operator=(const tls_root_file&) = delete;

    /// Adds all with this subject to a store.
    void add_certificates(X509_STORE* to, const X509_NAME* subject)
    {
        const std::lock_guard lock(mutex_);
        index();
        const auto wanted = hash_of(subject);
        for (auto& one : roots_) {
            if (one.hash != wanted)
                continue;
            if (!one.parsed)
                one.parsed = parse(one.pem);
            if (one.parsed)
                X509_STORE_add_cert(to, one.parsed.get());
        }
    }

    /// Adds all revocation lists, which nobody looks for unless OpenSSL was told to.
    void add_revocation_lists(X509_STORE* to)
    {
        const std::lock_guard lock(mutex_);
        index();
        for (const auto pem : revocation_lists_) {
            const auto input = open(pem);
            const tls_pointer<X509_CRL, X509_CRL_free> list(
                PEM_read_bio_X509_CRL(input.get(), nullptr, no_password, nullptr));
            if (list)
                X509_STORE_add_crl(to, list.get());
        }
    }

private:
    using certificate = tls_pointer<X509, X509_free>;

    struct root {
        unsigned long hash; ///< of the subject, as OpenSSL compares names: not by the octets
        std::string_view pem;
        certificate parsed;
    };

    static unsigned long hash_of(const X509_NAME* name)
    {
        int done = 0;
        const auto hash = X509_NAME_hash_ex(name, nullptr, nullptr, &done);
        return done == 1 ? hash : 0; // then it is that of all names
    }

    static tls_input open(std::string_view pem)
    {
        tls_input input(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
        if (!input)
            throw_error(std::make_error_code(std::errc::not_enough_memory), "the system's certificates");
        return input;
    }

    static certificate parse(std::string_view pem)
    {
        const auto input = open(pem);
        return certificate(PEM_read_bio_X509_AUX(input.get(), nullptr, no_password, nullptr));
    }

    void index()
    {
        if (indexed_)
            return;
        roots_.clear();
        revocation_lists_.clear();
        std::size_t at = 0;
        while (const auto block = next_pem_block(text_, at)) {
            if (block->label == PEM_STRING_X509_CRL)
                revocation_lists_.push_back(block->whole);
            else if (is_certificate(*block))
                add(*block);
        }
        indexed_ = true;
    }

    void add(const pem_block& block)
    {
        if (const auto subject = subject_of_pem(block)) {
            roots_.push_back({hash_of(subject.get()), block.whole, nullptr});
            return;
        }
        // OpenSSL knows best what a certificate can look like.
        auto parsed = parse(block.whole);
        if (parsed)
            roots_.push_back({hash_of(X509_get_subject_name(parsed.get())), block.whole, std::move(parsed)});
    }

    std::mutex mutex_;
    const std::string text_;
    // As in the file: of two with one name OpenSSL may have to guess, and begins with the first.
    std::vector<root> roots_;
    std::vector<std::string_view> revocation_lists_;
    bool indexed_ = false;
};

} // namespace pop3::detail
