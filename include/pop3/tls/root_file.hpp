// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/detail/owned.hpp>
#include <pop3/throw_error.hpp>
#include <pop3/tls/identity.hpp>
#include <pop3/tls/pem_block.hpp>
#include <pop3/tls/pointer.hpp>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

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

    /// One more uses it; at first that is who made it.
    void add_user() noexcept
    {
        ++users_;
    }

    /// One less uses it. True if it was the last one, who is to delete it.
    bool drop_user() noexcept
    {
        return --users_ == 0;
    }

    /// Adds all with this subject to a store.
    void add_certificates(X509_STORE* to, const X509_NAME* subject)
    {
        const std::lock_guard lock(mutex_);
        index();
        const auto wanted = hash_of(subject);
        for (std::size_t i = 0; i != count_; ++i) {
            root& one = roots_.get()[i];
            if (one.hash != wanted)
                continue;
            if (!one.parsed)
                one.parsed = parse(one.pem);
            if (one.parsed)
                X509_STORE_add_cert(to, one.parsed.get());
        }
    }

    /// Adds all revocation lists, which nobody looks for unless OpenSSL was told to.
    void add_revocation_lists(X509_STORE* to) const
    {
        pem_block block;
        for (std::size_t at = 0; next_pem_block(text_, at, block);) {
            if (block.label != PEM_STRING_X509_CRL)
                continue;
            const auto input = open(block.whole);
            X509_CRL* const list = PEM_read_bio_X509_CRL(input.get(), nullptr, no_password, nullptr);
            if (list != nullptr)
                X509_STORE_add_crl(to, list);
            X509_CRL_free(list);
        }
    }

private:
    using certificate = tls_pointer<X509, X509_free>;

    struct root {
        unsigned long hash = 0; ///< of the subject
        std::string_view pem;
        certificate parsed;
    };

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
        pem_block block;
        std::size_t possible = 0;
        for (std::size_t at = 0; next_pem_block(text_, at, block);)
            if (is_certificate(block))
                ++possible;
        count_ = 0;
        roots_.reset(new root[possible]);
        for (std::size_t at = 0; next_pem_block(text_, at, block);)
            if (is_certificate(block))
                add(block);
        indexed_ = true;
    }

    void add(const pem_block& block)
    {
        root& one = roots_.get()[count_];
        one.pem = block.whole;
        if (!subject_hash_of_pem(block, one.hash)) {
            // OpenSSL knows best what a certificate can look like.
            one.parsed = parse(block.whole);
            if (!one.parsed)
                return;
            one.hash = hash_of(X509_get_subject_name(one.parsed.get()));
        }
        ++count_;
    }

    std::mutex mutex_;
    const std::string text_;
    // As in the file: of two with one name OpenSSL may have to guess, and begins with the first.
    boxed_array<root> roots_;
    std::size_t count_ = 0;
    bool indexed_ = false;
    std::atomic<std::size_t> users_ = 1;
};

} // namespace pop3::detail
