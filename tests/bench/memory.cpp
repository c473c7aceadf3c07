// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// memory HOST PORT N
//
// What a session costs that is logged in and idle: opens N, keeps them, and prints the memory of one, in octets: what is
// resident, what of the heap OpenSSL has, and what of the heap the others have, which are the library and Asio. (The
// kernel's part, the sockets, is not in it.)
//
// The environment variable BENCH_CA is the file with the certificate to trust.

#include <pop3/pop3.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include <openssl/crypto.h>

#include <malloc.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace {

// ---- OpenSSL's part of the heap: each block with the word that malloc() keeps before it ---------

std::ptrdiff_t openssl_heap = 0;

std::ptrdiff_t size_of(void* block)
{
    return block ? static_cast<std::ptrdiff_t>(malloc_usable_size(block) + sizeof(std::size_t)) : 0;
}

void* openssl_malloc(std::size_t size, const char*, int)
{
    void* block = std::malloc(size);
    openssl_heap += size_of(block);
    return block;
}

void* openssl_realloc(void* old, std::size_t size, const char*, int)
{
    const auto before = size_of(old);
    void* block = std::realloc(old, size);
    if (block || size == 0)
        openssl_heap += size_of(block) - before;
    return block;
}

void openssl_free(void* block, const char*, int)
{
    openssl_heap -= size_of(block);
    std::free(block);
}

// ---- All of it ----------------------------------------------------------------------------------

struct memory {
    std::ptrdiff_t resident = 0;
    std::ptrdiff_t heap = 0;
    std::ptrdiff_t openssl = 0;

    static memory now()
    {
        memory m;
        if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
            char line[256];
            long kib = 0;
            while (std::fgets(line, sizeof line, status))
                if (std::sscanf(line, "VmRSS: %ld", &kib) == 1)
                    m.resident = kib * 1024;
            std::fclose(status);
        }
        // Not by operator new: Asio has an allocation function of its own.
        const auto heap = mallinfo2();
        m.heap = static_cast<std::ptrdiff_t>(heap.uordblks + heap.hblkhd);
        m.openssl = openssl_heap;
        return m;
    }
};

asio::awaitable<pop3::session<pop3::transaction>> open(const pop3::tls_context& tls, const std::string& host,
                                                       const pop3::connect_options& options)
{
    auto greeted = co_await pop3::async_connect(co_await asio::this_coro::executor, tls, host, options);
    auto mailbox = co_await std::move(greeted).async_login(pop3::password("bench", "bench"));
    co_await mailbox.async_stat();
    co_return mailbox;
}

asio::awaitable<void> run(std::string host, std::uint16_t port, std::size_t n)
{
    pop3::tls_context tls;
    tls.load_verify_file(std::getenv("BENCH_CA"));
    pop3::connect_options options;
    options.endpoints.emplace_back(asio::ip::address_v4::loopback(), port);

    std::vector<pop3::session<pop3::transaction>> all;
    all.reserve(n + 1);
    // The first one pays for what all of them share.
    all.push_back(co_await open(tls, host, options));
    const auto before = memory::now();
    for (std::size_t i = 0; i < n; ++i)
        all.push_back(co_await open(tls, host, options));
    asio::steady_timer idle(co_await asio::this_coro::executor, std::chrono::milliseconds(100));
    co_await idle.async_wait(asio::use_awaitable);
    const auto after = memory::now();

    const auto count = static_cast<std::ptrdiff_t>(n);
    const auto openssl = (after.openssl - before.openssl) / count;
    std::printf("sessions=%zu resident=%td openssl=%td library=%td\n", n,
                (after.resident - before.resident) / count, openssl,
                (after.heap - before.heap) / count - openssl);
}

} // namespace

int main(int argc, char** argv)
{
    // Before OpenSSL allocates anything.
    const int counted = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free);
    if (argc != 4 || counted != 1 || !std::getenv("BENCH_CA")) {
        std::fputs("usage: BENCH_CA=FILE memory HOST PORT N\n", stderr);
        return 2;
    }
    try {
        asio::io_context context(1);
        asio::co_spawn(context,
                       run(argv[1], static_cast<std::uint16_t>(std::stoul(argv[2])), std::stoul(argv[3])),
                       [](std::exception_ptr error) {
                           if (error)
                               std::rethrow_exception(error);
                       });
        context.run();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "memory: %s\n", e.what());
        return 1;
    }
}
