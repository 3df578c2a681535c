"""What people call columns of personal data, in the languages that cooperatives write."""

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

_EMAIL = """
    email, e mail, mail, emailadresse, mailadresse, emailaddress, emailadres, mailadres, epost,
    correo, correu, correio, courriel, courrier electronique, posta elettronica, adreca electronica
"""
_PHONE = """
    phone, telephone, phonenumber, phoneno, telephonenumber, tel, telno, telnr, telnumber, mobile,
    mobilephone, mobilenumber, cell, cellphone, landline, fax, faxnumber, whatsapp, sms, gsm,
    telefon, telefonnummer, telefonnr, rufnummer, handy, handynummer, handynr, mobil, mobiltelefon,
    mobilnummer, mobilfunk, festnetz, telefax, faxnummer, natel,
    telefono, fono, movil, moviles, celular, celulares, fijo,
    telefone, fone, telemovel, telemoveis, telefonino, cellulare, cellulari, recapito telefonico,
    portable, fixe, telecopie, mobiel, mobielnummer, telefoon, telefoonnummer, telefoonnr,
    mobieltje, vast nummer, mobilni, contact number, contact no
"""
_BIRTH = """
    birth, birthdate, birthday, birthyear, bday, dob, d o b, yob, born,
    geburt, geburtsdatum, geburtstag, geburtsjahr, geb, gebdatum, gebdat, geboren, jahrgang,
    naissance, date de naiss, date naiss, datenaissance, ddn, ne le, nee le, ne e le, anniversaire,
    nacimiento, fecha de nac, fecha nac, fec nac, f nac, fechanacimiento, cumpleanos, nacido,
    nascita, nato il, nata il, datanascita, compleanno,
    nascimento, data de nasc, data nasc, datanascimento, aniversario,
    naixement, data de naix, data naix, geboorte, geboortedatum, geboortejaar, gebdatum,
    verjaardag
"""
_NUMBERED = """
    id, isbn, issn, ean, gtin, upc, sku, barcode, iban, bic, account, konto, kontonummer, cuenta,
    siren, siret, vat, duns, lei, nif, cif, nace, sic, code, codigo, codice, postcode, zip, plz,
    reference, ref, key, hash, register, registration, registernummer, timestamp
"""


def _word(text: str) -> str:
    """A word as it is compared: small letters, without an s of the plural."""
    small = text.lower()
    return small[:-1] if len(small) > 3 and small.endswith("s") else small


def _phrases(listed: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(map(_word, phrase.split())) for phrase in listed.split(","))


_LISTS = MappingProxyType(
    {
        "EMAIL": _phrases(_EMAIL),
        "PHONE": _phrases(_PHONE),
        "BIRTH": _phrases(_BIRTH),
        "NUMBERED": _phrases(_NUMBERED),
    }
)
"""Kind -> what its columns are called; numbers in `NUMBERED` columns only look like phones."""
_LONGEST = 3


def says(name: str, kind: str) -> bool:
    """Whether a column's name has a word or phrase of a kind in it."""
    return kind in _kinds(name)


@lru_cache(maxsize=4096)
def _kinds(name: str) -> frozenset[str]:
    words = _words(name)
    spans = {
        tuple(words[start : start + length])
        for start in range(len(words))
        for length in range(1, _LONGEST + 1)
    }
    return frozenset(kind for kind, phrases in _LISTS.items() if phrases & spans)


def _words(name: str) -> list[str]:
    """`dateOfBirth`, `DATE_OF_BIRTH` and `date of birth` in the same three words; accents go."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name) if one.isascii())
    return [_word(part) for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", plain)]
