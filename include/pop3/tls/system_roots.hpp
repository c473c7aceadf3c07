// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/detail/shared.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pointer.hpp>
#include <pop3/tls/root_file.hpp>
#include <pop3/tls/safe_getenv.hpp>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <sys/stat.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

// What the system trusts: OpenSSL's default file and its default folder, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
//
// OpenSSL itself reads the folder one certificate at a time, by the name that is wanted, but it parses the whole file for each
// context, which takes many times as long as a handshake. So the file is read here, once in a process, and a context takes
// over from it what a handshake wants. The store of a context is its own all the same: what one trusts besides, or is told
// by its user, is nothing to another. Only certificates are shared, and they do not change.

namespace pop3::detail {

/// Tells one state of a file from the next.
struct file_stamp {
    std::string path;
    unsigned long long device = 0;
    unsigned long long number = 0;
    long long size = 0;
    long long changed = 0;

    bool operator==(const file_stamp&) const = default;

    static file_stamp of(std::string path)
    {
        file_stamp stamp;
        stamp.path = std::move(path);
        struct stat found = {};
        if (::stat(stamp.path.c_str(), &found) != 0)
            return stamp;
        stamp.device = static_cast<unsigned long long>(found.st_dev);
        stamp.number = static_cast<unsigned long long>(found.st_ino);
        // A pipe can be read only once, and it changes by that.
        if ((found.st_mode & S_IFMT) == S_IFREG) {
            stamp.size = static_cast<long long>(found.st_size);
            stamp.changed = static_cast<long long>(found.st_mtime);
        }
        return stamp;
    }
};

/// All of a file; what could be read of it, if there is an error.
inline std::string read_whole_file(const std::string& path)
{
    std::string text;
    const tls_pointer<BIO, BIO_free> input(BIO_new_file(path.c_str(), "rb"));
    for (std::size_t size = 0, n = 1; input && n != 0; size += n) {
        text.resize(size + 65536);
        if (BIO_read_ex(input.get(), text.data() + size, 65536, &n) != 1)
            n = 0;
        text.resize(size + n);
    }
    return text;
}

/// The system's file, as it is now.
inline std::shared_ptr<tls_root_file> system_root_file()
{
    struct last_read {
        std::mutex mutex;
        file_stamp stamp;
        std::shared_ptr<tls_root_file> file;
    };
    // Never destroyed: a connection may outlive it, in a static variable or in a thread.
    static last_read& last = *new last_read;

    const char* const chosen = safe_getenv(X509_get_default_cert_file_env());
    auto stamp = file_stamp::of(chosen != nullptr ? chosen : X509_get_default_cert_file());
    const std::lock_guard lock(last.mutex);
    if (!last.file || !(last.stamp == stamp)) {
        last.file = detail::share_new<tls_root_file>(read_whole_file(stamp.path));
        last.stamp = std::move(stamp);
    }
    return last.file;
}

using root_file_ptr = std::shared_ptr<tls_root_file>;

inline void forget_root_file(root_file_ptr* file) noexcept
{
    delete file;
}

/// Where a store keeps the file that it takes certificates from.
inline int root_file_index()
{
    static const int index = X509_STORE_get_ex_new_index(
        0, nullptr, nullptr, nullptr, [](void*, void* file, CRYPTO_EX_DATA*, int, long, void*) {
            forget_root_file(static_cast<root_file_ptr*>(file));
        });
    return index;
}

/// Calls one of the functions of a `tls_root_file`, with the store of `chain`. False without memory.
template <class Call>
bool ask_root_file(const X509_STORE_CTX* chain, Call call) noexcept
{
    X509_STORE* const store = X509_STORE_CTX_get0_store(chain);
    const auto* const file = static_cast<root_file_ptr*>(X509_STORE_get_ex_data(store, root_file_index()));
    if (file == nullptr)
        return true;
    // A certificate that cannot be read is none, and no error of the handshake.
    ERR_set_mark();
    bool done = true;
    POP3_TRY
    {
        call(**file, store);
    }
    POP3_CATCH(...)
    {
        done = false;
    }
    ERR_pop_to_mark();
    return done;
}

/// Has a store trust what the system trusts.
inline void trust_system_roots(X509_STORE* store)
{
    ERR_clear_error();
    owned<root_file_ptr, forget_root_file> file(new root_file_ptr(system_root_file()));
    tls_require(X509_STORE_set_ex_data(store, root_file_index(), file.get()) == 1, "system roots");
    file.release();

    // Each of these is OpenSSL's own, once the store has what the file has of that name. (A lookup of X509_LOOKUP_METHOD
    // would not do: it is not asked if the store has another certificate of that name already.)
    X509_STORE_set_get_issuer(store, [](X509** issuer, X509_STORE_CTX* chain, X509* of) -> int {
        const auto add = [&](tls_root_file& roots, X509_STORE* to) {
            roots.add_certificates(to, X509_get_issuer_name(of));
        };
        return ask_root_file(chain, add) ? X509_STORE_CTX_get1_issuer(issuer, chain, of) : -1;
    });
    X509_STORE_set_lookup_certs(store, [](X509_STORE_CTX* chain, const X509_NAME* name) -> STACK_OF(X509) * {
        const auto add = [&](tls_root_file& roots, X509_STORE* to) {
            roots.add_certificates(to, name);
        };
        return ask_root_file(chain, add) ? X509_STORE_CTX_get1_certs(chain, name) : nullptr;
    });
    X509_STORE_set_lookup_crls(
        store, [](const X509_STORE_CTX* chain, const X509_NAME* name) -> STACK_OF(X509_CRL) * {
            const auto add = [&](tls_root_file& roots, X509_STORE* to) {
                roots.add_revocation_lists(to);
            };
            return ask_root_file(chain, add) ? X509_STORE_CTX_get1_crls(chain, name) : nullptr;
        });

    X509_LOOKUP* const folder = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    tls_require(folder != nullptr, "system roots");
    // Without a folder there is nothing in it.
    X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT);
    ERR_clear_error();
}

} // namespace pop3::detail
