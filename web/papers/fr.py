"""The papers in French, the first language."""

from __future__ import annotations

from hub.model import Cause, HelpOutcome
from web.papers.texts import AttendanceSheet, Common, Incidents, Kit, Notice, Phase, Texts

FRENCH = Texts(
    language="fr",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    first_of_month="1er",
    file_names={
        "attendance": "emargement",
        "kit": "kit-surveillant",
        "notice": "notice-candidat",
        "incidents": "incidents",
    },
    common=Common(
        session="Session",
        page="Page",
        page_of="sur",
        center="Centre",
        site="Site",
        room="Salle",
        date="Date",
        start="Début prévu",
        local_time="heure locale",
        duration="Durée",
        invigilators="Surveillants prévus",
        candidates="Candidats inscrits",
        started="Début réel",
        not_started="pas encore commencée",
        finalized="Session finalisée le",
        decision="État à la décision n°",
        number="N°",
        last_name="Nom de naissance",
        first_name="Prénom",
        birthdate="Né(e) le",
        certification_number="N° de certification",
        name_and_signature="Nom et signature",
        address="Adresse à ouvrir",
        qr_console="Code QR de l’adresse du tableau de surveillance",
        qr_candidate="Code QR de l’adresse de la page des candidats",
        codes="Codes des signalements",
        late="Retard",
    ),
    attendance=AttendanceSheet(
        title="Feuille d’émargement",
        how="Chaque candidat signe à son arrivée, après le contrôle de son identité. En fin de test, cochez la case "
        "une fois l’écran de fin vu : sans elle, le jury peut écarter la certification.",
        extra_time="Temps majoré",
        signature="Signature",
        end_screen="Écran de fin vu",
        reports="Signalements",
        absent="Absent",
        nobody="Aucun candidat n’est inscrit à cette session.",
        signed_by="Surveillants présents dans la salle",
        kept="Cette feuille est conservée par le centre pendant deux ans à compter de la date de la session, "
        "puis détruite.",
        question="q.",
    ),
    kit=Kit(
        title="Kit du surveillant",
        secret="Ce document porte les codes de la session : gardez-le sur vous, ne le projetez pas.",
        number="Numéro de session",
        password="Mot de passe de session",
        password_for="Pour les surveillants seulement",
        access_code="Code d’accès",
        access_code_for="À dire aux candidats quand tout le monde est prêt, pas avant",
        open="Ouvrir le tableau de surveillance",
        sign_in="Sur votre téléphone, scannez le code ou tapez l’adresse. Connectez-vous avec votre compte, puis "
        "donnez le numéro et le mot de passe de la session. Plusieurs surveillants peuvent suivre la même salle.",
        run="Le déroulement",
        phases=(
            Phase(
                "Avant",
                (
                    "Imprimez la feuille d’émargement. Projetez la notice des candidats ou posez-la près des postes.",
                    "Ouvrez le tableau de surveillance et vérifiez qu’il affiche « En direct ».",
                    "À l’entrée, contrôlez l’identité de chacun et faites signer la feuille.",
                    "Chaque candidat rejoint la session avec le numéro, ses noms et sa date de naissance tels "
                    "qu’ils sont écrits sur la feuille. Une faute se corrige plus tard, par un signalement.",
                ),
            ),
            Phase(
                "Au démarrage",
                (
                    "Marquez « Présent » les candidats qui sont dans la salle : c’est ce qui leur permet de commencer.",
                    "Donnez les consignes : téléphones éteints et rangés, travail individuel, silence.",
                    "Quand tout le monde est prêt, dites le code d’accès et démarrez l’horloge de la salle.",
                    "Celui qui arrive ensuite n’entre qu’avec un motif, qui sera joint au dossier.",
                ),
            ),
            Phase(
                "Pendant",
                (
                    "Circulez dans la salle ; la liste « À traiter » dit qui a besoin de vous.",
                    "Un candidat appelle : allez le voir, faites recharger la page, puis acceptez ou classez l’appel.",
                    "Un navigateur s’est fermé : le candidat revient sur la page. S’il attend la reprise, autorisez-la "
                    "après être allé le voir ; le test continue où il en était.",
                    "Notez chaque incident comme signalement, avec le numéro de la question.",
                    "Rien ne s’arrête tout seul : vous êtes maître du temps, vous pouvez en ajouter avec un motif.",
                ),
            ),
            Phase(
                "À la fin",
                (
                    "Passez voir chaque écran de fin et cochez « Écran vu » avant que le candidat ne parte.",
                    "Temps écoulé : faites passer les questions restantes pour arriver à l’écran de fin. Terminer un "
                    "test est définitif, après dix secondes pour annuler.",
                    "Relisez les signalements, signez la feuille et le procès-verbal d’incident.",
                    "Remettez les papiers au centre : la session est à finaliser dans les 48 heures.",
                ),
            ),
        ),
    ),
    notice=Notice(
        title="Rejoindre la session",
        number="Numéro de session",
        open="Adresse à ouvrir dans le navigateur",
        steps_title="Les quatre étapes",
        steps=(
            Phase("Ouvrez la page", ("Tapez l’adresse dans le navigateur de votre poste.",)),
            Phase(
                "Dites qui vous êtes",
                (
                    "Numéro de session, nom de naissance, prénom, date de naissance : comme sur la feuille "
                    "d’émargement, même s’il y a une faute.",
                ),
            ),
            Phase(
                "Attendez le départ",
                (
                    "Le surveillant confirme votre présence, puis donne le code d’accès à toute la salle. "
                    "Tapez-le quand il vous le dit.",
                ),
            ),
            Phase(
                "Allez jusqu’à l’écran de fin",
                (
                    "À la dernière question, un écran de fin s’affiche avec un numéro. Appelez le surveillant et "
                    "laissez cet écran ouvert jusqu’à ce qu’il l’ait vu.",
                ),
            ),
        ),
        closed_title="La page s’est fermée, le poste s’est éteint ?",
        closed=(
            "Rouvrez la même adresse et dites à nouveau qui vous êtes. Vos réponses sont gardées : le test reprend "
            "où il en était.",
            "Si la page demande une autorisation, levez la main. Dès que le surveillant l’a donnée, elle continue "
            "d’elle-même.",
        ),
    ),
    incidents=Incidents(
        title="Procès-verbal d’incident",
        nothing="Aucun incident n’est enregistré pour cette session. Les lignes ci-dessous se remplissent à la main.",
        by_hand="À remplir à la main",
        concerned="Candidats concernés",
        reports="Signalements",
        help="Appels au surveillant",
        interruptions="Interruptions",
        additions="Temps ajouté",
        code="Code",
        label="Nature",
        question="Question",
        text="Description",
        by="Auteur",
        at="Heure",
        taken_by="Pris par",
        outcome="Suite donnée",
        since="De",
        until="À",
        length="Durée",
        cause="Cause",
        minutes="Minutes",
        reason="Motif",
        candidate="Candidat",
        description="Description, heure, suite donnée",
        no_question="sans question",
        no_text="sans précision",
        observations="Observations",
        still="en cours",
        help_open="en attente",
        hub="Vigie",
        this_candidate="le candidat",
        somebody="compte inconnu",
        signed_by="Surveillants présents dans la salle",
    ),
    outcomes={
        HelpOutcome.ACCEPT: "problème reconnu",
        HelpOutcome.DISMISS: "sans suite",
        HelpOutcome.LAPSED: "sans réponse à la fin du test",
    },
    causes={
        Cause.CANDIDATE: "poste ou ligne du candidat",
        Cause.ROOM: "réseau de la salle",
        Cause.HUB: "serveur de surveillance",
    },
    reports={
        "candidate_information.identity": "Nom, prénom, date ou lieu de naissance à corriger",
        "candidate_information.extra_time": "Temps majoré à corriger",
        "late_or_leaving.left_room": "A quitté la salle",
        "late_or_leaving.signature": "Signature manquante ou incident de signature",
        "late_or_leaving.late": "Arrivée après le début",
        "connection_or_end_screen": "Connexion ou écran de fin de test",
        "fraud": "Suspicion de fraude",
        "non_blocking.technical": "Incident technique sans blocage",
        "non_blocking.candidate": "Incident du candidat sans blocage",
        "question.image_not_displayed": "L’image ne s’affiche pas",
        "question.embed_not_working": "Le simulateur ne fonctionne pas",
        "question.file_not_opening": "Le fichier ne s’ouvre pas",
        "question.website_unavailable": "Le site à consulter ne répond pas",
        "question.website_blocked": "Le site à consulter est bloqué par le réseau",
        "question.link_not_working": "Le lien ne fonctionne pas",
        "question.other": "Autre problème sur une question",
        "question.extra_time_exceeded": "Temps majoré non pris en compte par une question chronométrée",
        "question.software_not_working": "Le logiciel ne fonctionne pas",
        "question.unintentional_focus_out": "Sortie involontaire de la page",
        "question.skipped_by_mistake": "Question passée par erreur",
        "question.accessibility": "Problème d’accessibilité",
        "technical_problem": "Problème technique bloquant",
        "other": "Autre incident",
    },
)
