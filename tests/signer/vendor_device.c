/* A PKCS#11 module that speaks SM2 the way vendors do, for tests only.
 *
 * It stands in front of SoftHSM (path in BELOW): a key pair asked for with the vendor's mechanism
 * becomes an extractable pair on the SM2 curve, and the vendor's raw-hash mechanism signs with
 * libcrypto. With VENDOR_DER set, signatures come in DER instead of r || s. VENDOR_NUMBERS are the
 * vendor's, of key type, generation and signature, with commas.
 */
#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long ulong_t;
typedef struct { ulong_t type; void *value; ulong_t size; } attribute;
typedef struct { ulong_t type; void *parameter; ulong_t size; } mechanism;
typedef struct { unsigned char version[2]; void *call[68]; } function_list;

enum { GET_FUNCTION_LIST = 3, GET_ATTRIBUTE = 24, SIGN_INIT = 42, SIGN = 43, GENERATE_PAIR = 59 };
enum { CKA_KEY_TYPE = 0x100, CKA_SENSITIVE = 0x103, CKA_EXTRACTABLE = 0x162, CKA_VALUE = 0x11,
       CKA_EC_PARAMS = 0x180 };
#define CKK_EC 3UL
#define CKM_EC_KEY_PAIR_GEN 0x1040UL
#define VENDOR_KEY numbers[0]
#define VENDOR_GENERATE numbers[1]
#define VENDOR_SIGN numbers[2]
#define SESSIONS 256

static ulong_t numbers[3] = {0x80000004, 0x80008001, 0x80008104};
static function_list *below, mine;
static const unsigned char SM2[10] = {6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d};
static ulong_t signing_key[SESSIONS]; /* 0: the session signs below */

typedef ulong_t (*get_attribute_t)(ulong_t, ulong_t, attribute *, ulong_t);
typedef ulong_t (*generate_t)(ulong_t, mechanism *, attribute *, ulong_t, attribute *, ulong_t,
                              ulong_t *, ulong_t *);
typedef ulong_t (*sign_init_t)(ulong_t, mechanism *, ulong_t);
typedef ulong_t (*sign_t)(ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *);

static int is_sm2(ulong_t session, ulong_t object) {
    unsigned char parameters[64];
    attribute wanted = {CKA_EC_PARAMS, parameters, sizeof parameters};
    return !((get_attribute_t)below->call[GET_ATTRIBUTE])(session, object, &wanted, 1) &&
           wanted.size == sizeof SM2 && !memcmp(parameters, SM2, sizeof SM2);
}

static ulong_t get_attribute(ulong_t session, ulong_t object, attribute *wanted, ulong_t count) {
    ulong_t result = ((get_attribute_t)below->call[GET_ATTRIBUTE])(session, object, wanted, count);
    for (ulong_t i = 0; !result && i < count; i++)
        if (wanted[i].type == CKA_KEY_TYPE && wanted[i].value && is_sm2(session, object))
            *(ulong_t *)wanted[i].value = VENDOR_KEY;
    return result;
}

static attribute *translated(attribute *given, ulong_t count) {
    static ulong_t ec = CKK_EC;
    static unsigned char yes = 1, no = 0;
    attribute *copy = calloc(count, sizeof *copy);
    for (ulong_t i = 0; i < count; i++) {
        copy[i] = given[i];
        if (given[i].type == CKA_KEY_TYPE) copy[i].value = &ec;
        if (given[i].type == CKA_SENSITIVE) copy[i].value = &no;
        if (given[i].type == CKA_EXTRACTABLE) copy[i].value = &yes;
    }
    return copy;
}

static ulong_t generate(ulong_t session, mechanism *how, attribute *public_, ulong_t public_count,
                        attribute *private_, ulong_t private_count, ulong_t *pub, ulong_t *priv) {
    mechanism plain = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    generate_t pass = (generate_t)below->call[GENERATE_PAIR];
    if (how->type != VENDOR_GENERATE)
        return pass(session, how, public_, public_count, private_, private_count, pub, priv);
    attribute *first = translated(public_, public_count);
    attribute *second = translated(private_, private_count);
    ulong_t result =
        pass(session, &plain, first, public_count, second, private_count, pub, priv);
    free(first);
    free(second);
    return result;
}

static ulong_t sign_init(ulong_t session, mechanism *how, ulong_t key) {
    signing_key[session % SESSIONS] = how->type == VENDOR_SIGN ? key : 0;
    return how->type == VENDOR_SIGN
               ? 0
               : ((sign_init_t)below->call[SIGN_INIT])(session, how, key);
}

static size_t sm2_sign(const unsigned char *scalar, size_t scalar_size, const unsigned char *digest,
                       size_t digest_size, unsigned char *out, size_t room) {
    EC_KEY *ec = EC_KEY_new_by_curve_name(NID_sm2);
    BIGNUM *d = BN_bin2bn(scalar, (int)scalar_size, NULL);
    EC_POINT *point = EC_POINT_new(EC_KEY_get0_group(ec));
    EC_POINT_mul(EC_KEY_get0_group(ec), point, d, NULL, NULL, NULL);
    EC_KEY_set_private_key(ec, d);
    EC_KEY_set_public_key(ec, point);
    EVP_PKEY *key = EVP_PKEY_new();
    EVP_PKEY_assign_EC_KEY(key, ec);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    EVP_PKEY_sign_init(context);
    if (EVP_PKEY_sign(context, out, &room, digest, digest_size) <= 0) room = 0;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    EC_POINT_free(point);
    BN_free(d);
    return room;
}

static ulong_t sign(ulong_t session, unsigned char *data, ulong_t size, unsigned char *out,
                    ulong_t *out_size) {
    ulong_t key = signing_key[session % SESSIONS];
    unsigned char scalar[66], encoded[80];
    attribute wanted = {CKA_VALUE, scalar, sizeof scalar};
    if (!key) return ((sign_t)below->call[SIGN])(session, data, size, out, out_size);
    if (!out) return *out_size = sizeof encoded, 0;
    if (size != 32) return 0x21; /* CKR_DATA_LEN_RANGE */
    if (((get_attribute_t)below->call[GET_ATTRIBUTE])(session, key, &wanted, 1)) return 5;
    size_t length = sm2_sign(scalar, wanted.size, data, size, encoded, sizeof encoded);
    if (!length) return 5; /* CKR_GENERAL_ERROR */
    if (getenv("VENDOR_DER")) {
        memcpy(out, encoded, *out_size = length);
        return 0;
    }
    const unsigned char *at = encoded;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)length);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
    ECDSA_SIG_free(pair);
    *out_size = 64;
    return 0;
}

ulong_t C_GetFunctionList(function_list **list) {
    void *library = dlopen(BELOW, RTLD_NOW | RTLD_LOCAL);
    ulong_t (*get)(function_list **) =
        library ? (ulong_t (*)(function_list **))dlsym(library, "C_GetFunctionList") : NULL;
    const char *given = getenv("VENDOR_NUMBERS");
    if (!get || get(&below)) return 5;
    if (given) sscanf(given, "%li,%li,%li", numbers, numbers + 1, numbers + 2);
    mine = *below;
    mine.call[GET_FUNCTION_LIST] = C_GetFunctionList;
    mine.call[GET_ATTRIBUTE] = get_attribute;
    mine.call[GENERATE_PAIR] = generate;
    mine.call[SIGN_INIT] = sign_init;
    mine.call[SIGN] = sign;
    *list = &mine;
    return 0;
}
