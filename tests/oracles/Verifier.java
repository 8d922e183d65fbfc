import java.io.ByteArrayInputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cert.ocsp.UnknownStatus;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.tsp.TimeStampToken;
import org.bouncycastle.util.encoders.Hex;

/**
 * BouncyCastle's opinion, asked over a pipe: "verb argument ..." in, one line out, either
 * "accepted key=value ..." (tab separated) or "refused reason". DER arguments are base64; a list
 * is joined by commas; "-" is an empty list or an argument left out.
 */
public class Verifier {
    private static final String OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";

    /** What was found out on the way to "accepted". */
    private static final class Facts {
        private final StringJoiner line = new StringJoiner("\t", "accepted\t", "").setEmptyValue("accepted");

        Facts add(String name, Object value) {
            line.add(name + "=" + String.valueOf(value).replaceAll("\\s", " "));
            return this;
        }
    }

    private static void require(boolean holds, String reason) throws Exception {
        if (!holds) {
            throw new Exception(reason);
        }
    }

    private static byte[] bytes(String argument) {
        return Base64.getDecoder().decode(argument);
    }

    private static CertificateFactory factory() throws Exception {
        return CertificateFactory.getInstance("X.509", "BC");
    }

    private static X509Certificate certificate(String argument) throws Exception {
        byte[] der = bytes(argument);
        X509Certificate parsed =
                (X509Certificate) factory().generateCertificate(new ByteArrayInputStream(der));
        require(parsed != null && Arrays.equals(parsed.getEncoded(), der), "not one DER certificate");
        return parsed;
    }

    private static X509CRL crl(String argument) throws Exception {
        X509CRL parsed = (X509CRL) factory().generateCRL(new ByteArrayInputStream(bytes(argument)));
        require(parsed != null && Arrays.equals(parsed.getEncoded(), bytes(argument)), "not one DER CRL");
        return parsed;
    }

    private static Facts verifyCertificate(String[] words) throws Exception {
        X509Certificate certificate = certificate(words[1]);
        X509Certificate issuer = certificate(words[2]);
        require(
                certificate.getIssuerX500Principal().equals(issuer.getSubjectX500Principal()),
                "the issuer has another name");
        certificate.verify(issuer.getPublicKey(), "BC");
        return new Facts()
                .add("algorithm", certificate.getSigAlgName())
                .add("serial", certificate.getSerialNumber());
    }

    /** path MILLISECONDS ANCHOR LEAF,INTERMEDIATE... CRL,...|- : RFC 5280 section 6 in full. */
    private static Facts verifyPath(String[] words) throws Exception {
        List<X509Certificate> path = new ArrayList<>();
        for (String argument : words[3].split(",")) {
            path.add(certificate(argument));
        }
        List<X509CRL> lists = new ArrayList<>();
        for (String argument : words[4].equals("-") ? new String[0] : words[4].split(",")) {
            lists.add(crl(argument));
        }
        PKIXParameters rules = new PKIXParameters(Set.of(new TrustAnchor(certificate(words[2]), null)));
        rules.setDate(new Date(Long.parseLong(words[1])));
        rules.setRevocationEnabled(!lists.isEmpty());
        rules.addCertStore(store(path));
        rules.addCertStore(store(lists));
        CertPathValidator.getInstance("PKIX", "BC").validate(factory().generateCertPath(path), rules);
        return new Facts().add("length", path.size());
    }

    private static CertStore store(Collection<?> things) throws Exception {
        return CertStore.getInstance("Collection", new CollectionCertStoreParameters(things), "BC");
    }

    private static Facts verifyCrl(String[] words) throws Exception {
        X509CRL crl = crl(words[1]);
        X509Certificate issuer = certificate(words[2]);
        require(
                crl.getIssuerX500Principal().equals(issuer.getSubjectX500Principal()),
                "the issuer has another name");
        crl.verify(issuer.getPublicKey(), "BC");
        Extension number = new X509CRLHolder(crl.getEncoded()).getExtension(Extension.cRLNumber);
        int entries = crl.getRevokedCertificates() == null ? 0 : crl.getRevokedCertificates().size();
        return new Facts()
                .add("entries", entries)
                .add("number", number == null ? "none" : ASN1Integer.getInstance(number.getParsedValue()))
                .add("version", crl.getVersion());
    }

    /** revoked CRL SERIAL : whether and why the list names this serial number. */
    private static Facts lookUp(String[] words) throws Exception {
        X509CRLEntry entry = crl(words[1]).getRevokedCertificate(new java.math.BigInteger(words[2]));
        if (entry == null) {
            return new Facts().add("listed", "no");
        }
        return new Facts()
                .add("listed", "yes")
                .add("reason", entry.getRevocationReason() == null ? "none" : entry.getRevocationReason())
                .add("at", entry.getRevocationDate().toInstant());
    }

    /** ocsp RESPONSE ISSUER REQUEST|- */
    private static Facts verifyOcsp(String[] words) throws Exception {
        OCSPResp response = new OCSPResp(bytes(words[1]));
        require(response.getStatus() == OCSPResp.SUCCESSFUL, "status " + response.getStatus());
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        X509CertificateHolder issuer = new JcaX509CertificateHolder(certificate(words[2]));
        X509CertificateHolder signer = responder(basic, issuer);
        require(basic.isSignatureValid(verifier(signer)), "the signature does not verify");
        DigestCalculatorProvider digests =
                new JcaDigestCalculatorProviderBuilder().setProvider("BC").build();
        StringJoiner statuses = new StringJoiner(",");
        for (SingleResp single : basic.getResponses()) {
            require(single.getCertID().matchesIssuer(issuer, digests), "a CertID names another issuer");
            statuses.add(single.getCertID().getSerialNumber() + ":" + status(single.getCertStatus()));
        }
        if (!words[3].equals("-")) {
            require(answers(basic, new OCSPReq(bytes(words[3]))), "the nonce is not the request's");
        }
        return new Facts().add("statuses", statuses).add("delegated", signer != issuer);
    }

    private static ContentVerifierProvider verifier(X509CertificateHolder signer) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider("BC").build(signer);
    }

    /** RFC 6960 section 4.2.2.2: the CA itself, or one it authorised for this and nothing older. */
    private static X509CertificateHolder responder(BasicOCSPResp basic, X509CertificateHolder issuer)
            throws Exception {
        X509CertificateHolder signer = basic.getCerts().length == 0 ? issuer : basic.getCerts()[0];
        RespID byKey = new RespID(
                signer.getSubjectPublicKeyInfo(),
                new JcaDigestCalculatorProviderBuilder().setProvider("BC").build().get(RespID.HASH_SHA1));
        require(
                basic.getResponderId().equals(byKey)
                        || basic.getResponderId().equals(new RespID(signer.getSubject())),
                "the responder ID is not the signer's");
        if (signer != issuer) {
            X509Certificate delegate = new JcaX509CertificateConverter().setProvider("BC").getCertificate(signer);
            delegate.verify(new JcaX509CertificateConverter().setProvider("BC").getCertificate(issuer).getPublicKey(), "BC");
            require(signer.getIssuer().equals(issuer.getSubject()), "another CA's responder");
            require(
                    delegate.getExtendedKeyUsage() != null && delegate.getExtendedKeyUsage().contains(OCSP_SIGNING),
                    "the responder may not sign OCSP");
            require(
                    signer.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck) != null,
                    "the responder lacks ocsp-nocheck");
        }
        return signer;
    }

    private static boolean answers(BasicOCSPResp basic, OCSPReq request) {
        Extension asked = request.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
        Extension answered = basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
        return asked == null ? answered == null : asked.equals(answered);
    }

    private static String status(CertificateStatus status) {
        if (status instanceof RevokedStatus) {
            RevokedStatus revoked = (RevokedStatus) status;
            return "revoked@" + revoked.getRevocationTime().toInstant() + "/"
                    + (revoked.hasRevocationReason() ? revoked.getRevocationReason() : "none");
        }
        return status instanceof UnknownStatus ? "unknown" : "good";
    }

    private static Facts verifyRequest(String[] words) throws Exception {
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(bytes(words[1]));
        ContentVerifierProvider own = new JcaContentVerifierProviderBuilder()
                .setProvider("BC")
                .build(request.getSubjectPublicKeyInfo());
        require(request.isSignatureValid(own), "the signature does not verify");
        return new Facts().add("subject", request.getSubject());
    }

    /** stamp TOKEN ISSUER : the signer's certificate is the one in the token. */
    private static Facts verifyStamp(String[] words) throws Exception {
        TimeStampToken token = new TimeStampToken(new CMSSignedData(bytes(words[1])));
        Collection<?> sent = token.getCertificates().getMatches(token.getSID());
        require(sent.size() == 1, "not one certificate of the signer");
        X509CertificateHolder signer = (X509CertificateHolder) sent.iterator().next();
        require(
                signer.isSignatureValid(verifier(new JcaX509CertificateHolder(certificate(words[2])))),
                "another CA's signer");
        token.validate(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(signer));
        return new Facts()
                .add("at", token.getTimeStampInfo().getGenTime().toInstant())
                .add("digest", token.getTimeStampInfo().getMessageImprintAlgOID())
                .add("imprint", Hex.toHexString(token.getTimeStampInfo().getMessageImprintDigest()))
                .add("nonce", token.getTimeStampInfo().getNonce())
                .add("serial", token.getTimeStampInfo().getSerialNumber());
    }

    private static String answer(String[] words) {
        try {
            switch (words[0]) {
                case "certificate": return verifyCertificate(words).line.toString();
                case "path": return verifyPath(words).line.toString();
                case "crl": return verifyCrl(words).line.toString();
                case "revoked": return lookUp(words).line.toString();
                case "ocsp": return verifyOcsp(words).line.toString();
                case "request": return verifyRequest(words).line.toString();
                case "stamp": return verifyStamp(words).line.toString();
                default: return "broken unknown verb " + words[0];
            }
        } catch (Exception | Error refusal) {
            return "refused " + refusal.toString().replaceAll("\\s", " ");
        }
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(answer(line.split(" ")));
        }
    }
}
